#!/bin/sh
# The role that the proxies log in with: it may read and write the tables, and not make any. Run
# once by the image of PostgreSQL, when its volume is new.
set -eu
psql --set=ON_ERROR_STOP=1 --set=password="$SLUICE_DB_PASSWORD" \
  --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
CREATE ROLE sluice LOGIN PASSWORD :'password';
SQL
