// TypeScript files as the compiler's parser sees them: what they import, which words their code uses (comments and
// texts are not code), and how long their functions are.
import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import ts from 'typescript'

export interface Import {
  readonly from: string
  /** The file, for one of our own; undefined for packages and for Node. */
  readonly file: string | undefined
  /** Erased by the compiler: not there when the program runs. */
  readonly typesOnly: boolean
}

export interface Source {
  readonly path: string
  readonly lines: number
  readonly imports: readonly Import[]
  /** Identifiers, member accesses, `new X()` and modules imported for more than types, as they are written. */
  readonly words: ReadonlySet<string>
  readonly functions: readonly { readonly line: number; readonly length: number }[]
}

/** `path` is relative to `root`. */
export function readSource(root: string, path: string): Source {
  const text = readFileSync(join(root, path), 'utf8')
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const imports: Import[] = []
  const words = new Set<string>()
  const functions: { line: number; length: number }[] = []
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line + 1
  const visit = (node: ts.Node): void => {
    const from = importedFrom(node)
    if (from !== undefined) {
      const file = from.startsWith('.')
        ? normalize(join(dirname(path), from.replace(/\.js$/, '.ts')))
        : undefined
      imports.push({ from, file, typesOnly: isTypesOnly(node) })
      if (!isTypesOnly(node)) words.add(from)
    }
    if (ts.isIdentifier(node) || ts.isPropertyAccessExpression(node)) words.add(node.getText())
    if (ts.isNewExpression(node) && node.arguments?.length === 0) words.add(node.getText())
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const line = lineOf(node.getStart())
      functions.push({ line, length: lineOf(node.end) - line + 1 })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return { path, lines: text.split('\n').length - 1, imports, words, functions }
}

function importedFrom(node: ts.Node): string | undefined {
  const isStatic = ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
  const isDynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
  const from = isStatic ? node.moduleSpecifier : isDynamic ? node.arguments[0] : undefined
  return from !== undefined && ts.isStringLiteral(from) ? from.text : undefined
}

function isTypesOnly(node: ts.Node): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly
  if (!ts.isImportDeclaration(node) || node.importClause === undefined) return false
  const { isTypeOnly, name, namedBindings } = node.importClause
  if (isTypeOnly || name !== undefined || namedBindings === undefined) return isTypeOnly
  return ts.isNamedImports(namedBindings) && namedBindings.elements.every(element => element.isTypeOnly)
}
