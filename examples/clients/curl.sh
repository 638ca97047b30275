#!/bin/sh
# Gets an access token for the worker application and counts the users of the environment.
# Wants AUTH_URL, API_URL, ENVIRONMENT_ID, WORKER_CLIENT_ID, WORKER_CLIENT_SECRET and CA_FILE.
set -eu

# The secret goes through standard input: arguments can be seen by everybody on the machine.
token=$(
    printf 'user = "%s:%s"\n' "$WORKER_CLIENT_ID" "$WORKER_CLIENT_SECRET" |
        curl --silent --show-error --fail --cacert "$CA_FILE" --config - \
            --data grant_type=client_credentials "$AUTH_URL$ENVIRONMENT_ID/as/token" |
        sed 's/.*"access_token" *: *"\([^"]*\)".*/\1/'
)
printf 'header = "Authorization: Bearer %s"\n' "$token" |
    curl --silent --show-error --fail --cacert "$CA_FILE" --config - \
        "${API_URL}environments/$ENVIRONMENT_ID/users?limit=1000" |
    sed 's/.*"size" *: *\([0-9]*\).*/users: \1/'
