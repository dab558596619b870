const STOCK: [name: string, slug: string, price: number][] = [
  ['Laptop Pro', 'laptop-pro', 1200],
  ['Smartphone X', 'smartphone-x', 800],
  ['Casque Sans Fil', 'wireless-headphones', 150],
  ['Souris Gaming', 'gaming-mouse', 75],
  ['Clavier Mécanique', 'mechanical-keyboard', 120],
  ['Écran 4K', '4k-monitor', 450],
  ['Webcam HD', 'webcam-hd', 90],
  ['Hub USB-C', 'usb-c-hub', 45],
  ['Chargeur Sans Fil', 'wireless-charger', 35],
  ['SSD Externe 1TB', 'external-ssd', 150],
];

/** The catalogue as product-service returns it. */
export const products = STOCK.map(([name, slug, price], index) => ({
  id: index + 1,
  name,
  slug,
  price,
  image: `${slug}.svg`,
}));

/** Makes up a line of an order as order-service returns it. */
export function anItem(productId: number, quantity: number, fields: Record<string, unknown> = {}) {
  const product = products[productId - 1];
  if (!product) throw new Error(`There is no product ${productId}`);
  const { name, price } = product;
  return { product_id: productId, product_name: name, price, quantity, available: true, ...fields };
}

/** Makes up an order, open by default. */
export function anOrder({
  items,
  ...fields
}: {
  id: number;
  items: ReturnType<typeof anItem>[];
  is_open?: boolean;
}) {
  return {
    user_id: 7,
    is_open: true,
    items,
    total: items.reduce((sum, { price, quantity }) => sum + price * quantity, 0),
    date_added: '2026-11-20T10:00:00.000Z',
    date_checked_out: null,
    ...fields,
  };
}

/** What order-service answers when it is asked for the open order. */
export function aCart(fields: Parameters<typeof anOrder>[0], version = 'v1') {
  return { result: anOrder(fields), version };
}
