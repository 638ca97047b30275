#!/bin/sh
# Gets an access token for the worker application and counts the users of the environment.
# Wants AUTH_URL, API_URL, ENVIRONMENT_ID, WORKER_CLIENT_ID, WORKER_CLIENT_SECRET and CA_FILE.
set -eu

# The secret goes through standard input: arguments can be seen by everybody on the machine. What curl
# says is kept before it is read, so that the script ends where curl fails.
answer=$(
    printf 'user = "%s:%s"\n' "$WORKER_CLIENT_ID" "$WORKER_CLIENT_SECRET" |
        curl --silent --show-error --fail --cacert "$CA_FILE" --config - \
            --data grant_type=client_credentials "$AUTH_URL$ENVIRONMENT_ID/as/token"
)
token=$(printf '%s' "$answer" | sed 's/.*"access_token" *: *"\([^"]*\)".*/\1/')
page=$(
    printf 'header = "Authorization: Bearer %s"\n' "$token" |
        curl --silent --show-error --fail --cacert "$CA_FILE" --config - \
            "${API_URL}environments/$ENVIRONMENT_ID/users?limit=1000"
)
printf '%s\n' "$page" | sed 's/.*"size" *: *\([0-9]*\).*/users: \1/'
