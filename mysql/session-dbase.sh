# Run by the entrypoint of user_dbase's image, once, on a new volume: the frontend's sessions live beside the users, in
# a schema and with an account of their own.
# shellcheck shell=bash
MYSQL_PWD=$MYSQL_ROOT_PASSWORD mysql --user=root <<SQL
SET NAMES utf8mb4;
CREATE DATABASE session_dbase;
CREATE USER frontend@'%' IDENTIFIED BY '$SESSION_DB_PASSWORD';
GRANT ALL ON \`session\\_dbase\`.* TO frontend@'%';
SQL
