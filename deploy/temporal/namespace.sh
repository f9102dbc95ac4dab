#!/bin/sh
# Creates TEMPORAL_NAMESPACE on the server of TEMPORAL_ADDRESS, and Nightjar's search attributes in it.
set -eu

# A server that has just begun to listen may not answer yet, and one that was given a namespace doesn't know it at once.
repeatedly() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 30 ] || exit 1
    sleep 1
  done
}

# Those that are there already stay as they are.
search_attributes() {
  temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" \
    --name NightjarDag --type Keyword \
    --name NightjarLogicalDate --type Datetime \
    --name NightjarRunState --type Keyword \
    --name NightjarFailedTasks --type KeywordList
}

repeatedly temporal operator cluster health
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" > /dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
repeatedly search_attributes
