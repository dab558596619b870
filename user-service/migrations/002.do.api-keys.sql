-- Times are UTC. Of a key only its SHA-256 is kept: who reads this table can log in as nobody.
CREATE TABLE IF NOT EXISTS api_keys (
  key_hash BINARY(32) NOT NULL PRIMARY KEY,
  user_id INT UNSIGNED NOT NULL,
  expires_at DATETIME(3) NOT NULL,
  KEY api_keys_expires_at (expires_at),
  CONSTRAINT api_keys_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
