CREATE TABLE IF NOT EXISTS users (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  username VARCHAR(32) NOT NULL,
  email VARCHAR(254) NOT NULL,
  first_name VARCHAR(100) NOT NULL,
  last_name VARCHAR(100) NOT NULL,
  password_hash CHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  is_active BOOLEAN NOT NULL DEFAULT TRUE,
  is_admin BOOLEAN NOT NULL DEFAULT FALSE,
  CONSTRAINT users_username UNIQUE (username),
  CONSTRAINT users_email UNIQUE (email),
  CONSTRAINT users_username_long_enough CHECK (CHAR_LENGTH(username) >= 3),
  CONSTRAINT users_email_has_at CHECK (email LIKE '_%@_%'),
  CONSTRAINT users_first_name_filled CHECK (CHAR_LENGTH(first_name) > 0),
  CONSTRAINT users_last_name_filled CHECK (CHAR_LENGTH(last_name) > 0),
  CONSTRAINT users_password_hashed CHECK (CHAR_LENGTH(password_hash) = 60)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
