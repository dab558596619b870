INSERT INTO products (name, slug, price, image) VALUES
  ('Laptop Pro', 'laptop-pro', 1200, 'laptop-pro.svg'),
  ('Smartphone X', 'smartphone-x', 800, 'smartphone-x.svg'),
  ('Casque Sans Fil', 'wireless-headphones', 150, 'wireless-headphones.svg'),
  ('Souris Gaming', 'gaming-mouse', 75, 'gaming-mouse.svg'),
  ('Clavier Mécanique', 'mechanical-keyboard', 120, 'mechanical-keyboard.svg'),
  ('Écran 4K', '4k-monitor', 450, '4k-monitor.svg'),
  ('Webcam HD', 'webcam-hd', 90, 'webcam-hd.svg'),
  ('Hub USB-C', 'usb-c-hub', 45, 'usb-c-hub.svg'),
  ('Chargeur Sans Fil', 'wireless-charger', 35, 'wireless-charger.svg'),
  ('SSD Externe 1TB', 'external-ssd', 150, 'external-ssd.svg')
ON DUPLICATE KEY UPDATE id = id;
