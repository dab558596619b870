-- Times are UTC. People type passwords into the wrong field, so the SHA-256 of the lower-cased username is kept.
CREATE TABLE IF NOT EXISTS login_failures (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  username_hash BINARY(32) NOT NULL,
  failed_at DATETIME(3) NOT NULL,
  KEY login_failures_username (username_hash, failed_at),
  KEY login_failures_failed_at (failed_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
