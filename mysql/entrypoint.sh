#!/usr/bin/env bash
# Entrypoint of the databases' containers. At each start the server makes the schemas and accounts that SCHEMAS names, and
# gives accounts that exist the present passwords and rights. A line has a schema, the account that reads and changes its
# rows, that account's password, and the password of the account that changes its tables.
set -Eeuo pipefail
umask 077

# The statements quote passwords and escape nothing, and lines are split at spaces.
has_good_passwords() {
  local LC_ALL=C word='[!-~]+' line
  [[ $MYSQL_ROOT_PASSWORD =~ ^$word$ && $MYSQL_ROOT_PASSWORD$SCHEMAS != *[\'\\]* ]] || return
  while IFS= read -r line; do
    [[ $line =~ ^$word(\ $word){3}$ ]] || return
  done <<<"$SCHEMAS"
}

account() {
  echo "CREATE USER IF NOT EXISTS '$1'@'%' IDENTIFIED BY '$2';"
  echo "ALTER USER '$1'@'%' IDENTIFIED BY '$2';"
}

statements() {
  local schema user password migration_password all
  echo "ALTER USER 'root'@'localhost' IDENTIFIED BY '$MYSQL_ROOT_PASSWORD';"
  account root "$MYSQL_ROOT_PASSWORD"
  echo "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;"
  while read -r schema user password migration_password; do
    # An unescaped underscore matches any character.
    all="\`${schema//_/\\_}\`.*"
    echo "CREATE DATABASE IF NOT EXISTS \`$schema\`;"
    account "$user" "$password"
    # Earlier versions had one account, with all rights.
    echo "REVOKE ALL PRIVILEGES, GRANT OPTION FROM '$user'@'%';"
    echo "GRANT SELECT, INSERT, UPDATE, DELETE ON $all TO '$user'@'%';"
    account "${user}_migrations" "$migration_password"
    echo "GRANT ALL ON $all TO '${user}_migrations'@'%';"
  done <<<"$SCHEMAS"
}

has_good_passwords || {
  echo "A password of this database, in .env or the Secret vitrine-secrets, must be printable ASCII without spaces, and have neither ' nor \\ in it." >&2
  exit 1
}

# On a new volume the image's own entrypoint runs what is in this folder; after that the server does so itself.
file=/docker-entrypoint-initdb.d/accounts.sql
statements >"$file"
[[ ! -d /var/lib/mysql/mysql ]] || set -- "--init-file=$file" "$@"
exec docker-entrypoint.sh mysqld "$@"
