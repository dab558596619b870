CREATE TABLE IF NOT EXISTS products (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(120) NOT NULL,
  slug VARCHAR(120) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  price INT UNSIGNED NOT NULL,
  image VARCHAR(255) NOT NULL,
  CONSTRAINT products_name UNIQUE (name),
  CONSTRAINT products_slug UNIQUE (slug),
  CONSTRAINT products_name_filled CHECK (CHAR_LENGTH(name) > 0),
  CONSTRAINT products_slug_filled CHECK (CHAR_LENGTH(slug) > 0),
  CONSTRAINT products_price_bounded CHECK (price <= 10000000)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
