#!/bin/sh
# Creates Temporal's two databases, or brings their schemas up to this server's version. Connection: SQL_PLUGIN, SQL_HOST,
# SQL_PORT, SQL_USER, SQL_PASSWORD; SCHEMA is the folder of the schemas.
set -eu

set_up() {
  # Fails when the database is there; when the server isn't, the next line fails too.
  temporal-sql-tool --db "$1" create || echo "$1 is there already"
  # Makes the table of versions; a database that has one keeps its version.
  temporal-sql-tool --db "$1" setup-schema --version 0.0
  temporal-sql-tool --db "$1" update-schema --schema-dir "$2"
}

set_up temporal "$SCHEMA/temporal/versioned"
set_up temporal_visibility "$SCHEMA/visibility/versioned"
