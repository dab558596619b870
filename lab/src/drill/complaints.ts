/** The parts of an area fail one because of the other. */
export type Area = 'shop' | 'products' | 'accounts' | 'orders' | 'telemetry';

/** What somebody sees of an area that is late, or fails. It never tells the part. */
export const complaints: Record<Area, { late: string; failed: string }> = {
  shop: {
    late: 'A customer writes: “Every page of yours takes ages to open today.”',
    failed: 'A customer writes: “I keep getting an error page, whatever I click on.”',
  },
  products: {
    late: 'A customer writes: “Your products take ages to show up today.”',
    failed: 'A customer writes: “I get an apology in place of the products.”',
  },
  accounts: {
    late: 'A customer writes: “Since I logged in, everything is so slow.”',
    failed: 'A customer writes: “I cannot log in, or I am logged out again at once.”',
  },
  orders: {
    late: 'A customer writes: “Putting something into the cart takes ages.”',
    failed: 'A customer writes: “I cannot order: my cart shows an error.”',
  },
  telemetry: {
    late: 'A colleague writes: “I miss the last minute of our telemetry. Is it me?”',
    failed: 'A colleague writes: “I find nothing of the last minute any more. Is it me?”',
  },
};
