-- A session id is case-sensitive base64url; `expires_at` is UTC.
CREATE TABLE IF NOT EXISTS session (
  id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  data VARCHAR(4000) NOT NULL,
  expires_at DATETIME NOT NULL,
  PRIMARY KEY (id),
  KEY session_expiry (expires_at)
) DEFAULT CHARACTER SET utf8mb4;
