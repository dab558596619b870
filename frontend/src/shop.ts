import type { Logger } from '@vitrine/service-kit/logger';
import type { Access } from './access';
import type { KeptForms } from './kept-form';
import type { OrderService } from './order-service';
import type { ShowPage } from './page';
import type { ProductService } from './product-service';
import type { UserService } from './user-service';

/** The dependencies of the routes. */
export interface Shop {
  access: Access;
  keptForms: KeptForms;
  logger: Logger;
  show: ShowPage;
  users: UserService;
  products: ProductService;
  orders: OrderService;
}
