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
  /** A variable of the module that can change. */
  readonly hasState: boolean
  /** Its first line says so. */
  readonly isDeclaredPure: boolean
}

/** `path` is relative to `root`. */
export function readSource(root: string, path: string): Source {
  const source = parse(root, path)
  const imports: Import[] = []
  const words = new Set<string>()
  const functions: { line: number; length: number }[] = []
  const lineOf = lineIn(source)
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
  const isDeclaredPure = source.text.startsWith('// Pure: ')
  const hasState = source.statements.some(
    it => ts.isVariableStatement(it) && (it.declarationList.flags & ts.NodeFlags.Let) !== 0,
  )
  return {
    path,
    hasState,
    lines: source.text.split('\n').length - 1,
    imports,
    words,
    functions,
    isDeclaredPure,
  }
}

/**
 * The lines where a method of one of these names is given an array as its second argument, or an object with one in it:
 * written there, or under a name that the file gives to one.
 */
export function callsWithArray(root: string, path: string, methods: readonly string[]): number[] {
  const source = parse(root, path)
  const lineOf = lineIn(source)
  const arrays = new Set<string>()
  const lines: number[] = []
  const holdsArray = (node: ts.Node): boolean => {
    if (ts.isArrayLiteralExpression(node) || /^(new )?Array[.(]/.test(node.getText())) return true
    if (ts.isIdentifier(node)) return arrays.has(node.text)
    if (ts.isPropertyAssignment(node)) return holdsArray(node.initializer)
    return !isOpaque(node) && node.getChildren().some(holdsArray)
  }
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.initializer !== undefined && holdsArray(node.initializer))
      arrays.add(node.name.getText())
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const [, wanted] = node.arguments
      if (methods.includes(node.expression.name.text) && wanted !== undefined && holdsArray(wanted))
        lines.push(lineOf(node.getStart()))
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return lines
}

/** What it is made of does not tell what comes of it. */
const isOpaque = (node: ts.Node): boolean =>
  ts.isCallOrNewExpression(node) ||
  ts.isFunctionLike(node) ||
  ts.isPropertyAccessExpression(node) ||
  ts.isElementAccessExpression(node)

const parse = (root: string, path: string): ts.SourceFile =>
  ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true)

const lineIn =
  (source: ts.SourceFile) =>
  (position: number): number =>
    source.getLineAndCharacterOfPosition(position).line + 1

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
