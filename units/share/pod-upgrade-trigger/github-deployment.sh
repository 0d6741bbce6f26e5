#!/bin/sh
# A deployment on GitHub for each upgrade, so that the commit shows where it runs, or that it was rolled back. Takes what
# WEBHOOK_NOTIFY_COMMAND is given, and needs curl, jq and podman. The image says where it is from, by its labels
# org.opencontainers.image.source and .revision (docker/metadata-action sets both); of one that does not, nothing is told.
#   GITHUB_TOKEN_FILE        a file with a token that may write deployments
#   GITHUB_REPOSITORY_OWNER  whose repositories alone are told; without it, everybody's
#   GITHUB_API_URL           else https://api.github.com; and for a GitHub of your own also
#   GITHUB_SERVER_URL        else https://github.com: where its images are from
#   DEPLOYMENT_ENVIRONMENT   else "web.service on HOST"
set -eu
report=$(cat)
of() { printf '%s' "$report" | jq -r "$1"; }
server=${GITHUB_SERVER_URL:-https://github.com}
environment=${DEPLOYMENT_ENVIRONMENT:-$(of .unit) on $(uname -n)}

# The token is in no command line. usage: api METHOD PATH [BODY]
api() {
  printf 'header = "Authorization: Bearer %s"\n' "$(cat "$GITHUB_TOKEN_FILE")" |
    curl -sSf --max-time 10 --config - --request "$1" -H 'Accept: application/vnd.github+json' \
      -H 'X-GitHub-Api-Version: 2022-11-28' ${3:+--data "$3"} "${GITHUB_API_URL:-https://api.github.com}/repos/$repository$2"
}

label() { podman image inspect --format="{{index .Labels \"org.opencontainers.image.$2\"}}" -- "$1"; }

# usage: tell IMAGE STATE
tell() {
  source=$(label "$1" source) revision=$(label "$1" revision)
  repository=${source#"$server"/} repository=${repository%.git}
  case $repository in (*[!A-Za-z0-9._/-]* | *..* | */*/*) return ;; (?*/?*) ;; (*) return ;; esac
  case ${GITHUB_REPOSITORY_OWNER-} in ('' | "${repository%/*}") ;; (*) return ;; esac
  case $revision in ('' | *[!0-9a-f]*) return ;; esac
  at="sha=$revision&environment=$(printf '%s' "$environment" | jq -Rr @uri)&per_page=1"
  found=$(api GET "/deployments?$at")
  if [ "$(printf '%s' "$found" | jq length)" = 0 ]; then
    # Neither merged nor checked again: it runs already.
    found=$(api POST /deployments "$(jq -cn --arg ref "$revision" --arg environment "$environment" \
      '{$ref, $environment, auto_merge: false, required_contexts: []}')")
  fi
  id=$(printf '%s' "$found" | jq '.[0]? // . | .id')
  api POST "/deployments/$id/statuses" "$(of '.sentence[:140]' | jq -Rc --arg state "$2" '{$state, description: .}')" >/dev/null
}

new=$(of '.new.id // empty') old=$(of '.old.id // empty')
case $(of '.outcome + if .hold then " by hand" else "" end') in
  (updated) was=success ;;
  (rolled-back) was=failure ;;
  ('rolled-back by hand') was=inactive ;;
  (failed) was=error ;;
  (*) exit 0 ;;
esac
if [ -n "$new" ]; then tell "$new" "$was"; fi
# What is gone back to was made inactive by GitHub, if the new image had run well at first.
case $was$old in (failure?* | inactive?*) tell "$old" success ;; esac
