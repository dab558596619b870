# The entrypoint of user_dbase's image runs this once, on a new volume. The frontend's sessions are in the same server
# as the users, with a schema and an account of their own.
# shellcheck shell=bash
MYSQL_PWD=$MYSQL_ROOT_PASSWORD mysql --user=root <<SQL
SET NAMES utf8mb4;
CREATE DATABASE session_dbase;
CREATE USER frontend@'%' IDENTIFIED BY '$SESSION_DB_PASSWORD';
GRANT ALL ON \`session\\_dbase\`.* TO frontend@'%';
SQL
