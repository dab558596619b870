CREATE TABLE IF NOT EXISTS orders (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_id INT UNSIGNED NOT NULL,
  date_added DATETIME(3) NOT NULL,
  date_checked_out DATETIME(3) NULL,
  -- Filled only while the order is open, so that a user can have one open order and any number of past ones.
  open_user_id INT UNSIGNED AS (IF(date_checked_out IS NULL, user_id, NULL)) STORED,
  CONSTRAINT orders_one_open_a_user UNIQUE (open_user_id),
  INDEX orders_of_user (user_id, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

CREATE TABLE IF NOT EXISTS order_items (
  order_id INT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NOT NULL,
  -- As last seen in the catalogue; what was paid once the order is checked out.
  product_name VARCHAR(120) NOT NULL,
  price INT UNSIGNED NOT NULL,
  quantity SMALLINT UNSIGNED NOT NULL,
  PRIMARY KEY (order_id, product_id),
  CONSTRAINT order_items_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
  CONSTRAINT order_items_quantity CHECK (quantity BETWEEN 1 AND 999)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
