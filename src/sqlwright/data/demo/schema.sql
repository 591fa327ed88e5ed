CREATE TABLE store ( -- Where we sell: shops, outlets and one web shop.
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL, -- as on the sign, in the local script
  kind TEXT NOT NULL, -- S = shop, O = outlet, W = web shop
  city TEXT, -- in the local script; NULL for the web shop
  country TEXT, -- in English; NULL for the web shop
  floor_area INTEGER, -- square metres; NULL for the web shop
  opened_on DATE NOT NULL,
  closed_on DATE -- NULL = still open
);

CREATE TABLE employee ( -- People who work or worked for us.
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  role TEXT NOT NULL, -- such as regional manager, store manager, seller, workshop
  store_id INTEGER REFERENCES store (id), -- NULL = head office
  manager_id INTEGER REFERENCES employee (id), -- NULL = reports to nobody
  salary INTEGER NOT NULL, -- euros a year
  hired_on DATE NOT NULL,
  left_on DATE -- NULL = still works here
);

CREATE TABLE supplier ( -- Firms we buy from.
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  country TEXT NOT NULL, -- in English
  rating INTEGER, -- our own, 1 (poor) to 5 (excellent); NULL = not rated yet
  eco_certified INTEGER NOT NULL -- 1 = yes, 0 = no
);

CREATE TABLE category ( -- Two levels: Camping > Tents.
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  parent_id INTEGER REFERENCES category (id) -- NULL = top level
);

CREATE TABLE product ( -- Everything we sell or sold.
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  category_id INTEGER NOT NULL REFERENCES category (id), -- always of the second level
  list_price REAL NOT NULL, -- euros, before any discount
  weight INTEGER, -- grams; NULL = not weighed
  launched_on DATE NOT NULL,
  discontinued_on DATE -- NULL = still sold
);

CREATE TABLE product_supplier ( -- Which supplier can deliver which product.
  product_id INTEGER NOT NULL REFERENCES product (id),
  supplier_id INTEGER NOT NULL REFERENCES supplier (id),
  cost REAL NOT NULL, -- euros we pay for one piece
  "lead time" INTEGER NOT NULL, -- days from our order to delivery
  PRIMARY KEY (product_id, supplier_id)
);

CREATE TABLE stock ( -- Pieces at the last count; no row = not carried there.
  store_id INTEGER NOT NULL REFERENCES store (id),
  product_id INTEGER NOT NULL REFERENCES product (id),
  quantity INTEGER NOT NULL, -- pieces; 0 = sold out
  counted_on DATE NOT NULL,
  PRIMARY KEY (store_id, product_id)
);

CREATE TABLE customer ( -- People and firms who have an account.
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL, -- in the customer's own script
  "group" TEXT NOT NULL, -- P = private, C = club member, B = business
  email TEXT, -- NULL = none given
  city TEXT NOT NULL, -- in the local script
  country TEXT NOT NULL, -- in English
  birth_date DATE, -- NULL = not told
  joined_on DATE NOT NULL,
  referred_by INTEGER REFERENCES customer (id) -- the customer who brought this one; NULL = nobody
);

CREATE TABLE orders ( -- One row per order.
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customer (id),
  store_id INTEGER NOT NULL REFERENCES store (id),
  employee_id INTEGER REFERENCES employee (id), -- who sold it; NULL = web order
  status TEXT NOT NULL, -- P = preparing, S = shipped, D = delivered, C = cancelled
  payment TEXT, -- card, transfer, cash or voucher; NULL = not paid
  shipping_fee REAL NOT NULL, -- euros
  ordered_on DATE NOT NULL,
  shipped_on DATE -- NULL = not shipped
);

CREATE TABLE order_line ( -- The products of an order.
  order_id INTEGER NOT NULL REFERENCES orders (id),
  line_no INTEGER NOT NULL, -- 1, 2, ... within the order
  product_id INTEGER NOT NULL REFERENCES product (id),
  quantity INTEGER NOT NULL, -- pieces
  unit_price REAL NOT NULL, -- euros for one piece, after the discount
  discount INTEGER NOT NULL, -- percent off the list price; 0 = none
  PRIMARY KEY (order_id, line_no)
);

CREATE TABLE return_line ( -- Order lines that came back.
  order_id INTEGER NOT NULL,
  line_no INTEGER NOT NULL,
  quantity INTEGER NOT NULL, -- pieces sent back
  reason TEXT NOT NULL, -- S = size, D = damage, N = not as described, M = changed mind
  refund REAL, -- euros paid back; NULL = still being examined
  returned_on DATE NOT NULL,
  PRIMARY KEY (order_id, line_no),
  FOREIGN KEY (order_id, line_no) REFERENCES order_line (order_id, line_no)
);

CREATE TABLE review ( -- What customers say, at most once per product.
  id INTEGER PRIMARY KEY,
  product_id INTEGER NOT NULL REFERENCES product (id),
  customer_id INTEGER NOT NULL REFERENCES customer (id),
  stars INTEGER NOT NULL, -- 1 (poor) to 5 (excellent)
  comment TEXT, -- NULL = stars only
  language TEXT, -- ISO 639-1 code of the comment; NULL = stars only
  written_on DATE NOT NULL,
  UNIQUE (product_id, customer_id)
);

CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_store ON orders (store_id);
CREATE INDEX order_line_product ON order_line (product_id);

CREATE VIEW sales ( -- Order lines with their names, without cancelled orders.
  order_id,
  ordered_on,
  store,
  category,
  product,
  quantity, -- pieces
  revenue -- euros, without shipping
) AS
SELECT
  orders.id,
  orders.ordered_on,
  store.name,
  category.name,
  product.name,
  order_line.quantity,
  ROUND(order_line.quantity * order_line.unit_price, 2)
FROM order_line
JOIN orders ON orders.id = order_line.order_id
JOIN store ON store.id = orders.store_id
JOIN product ON product.id = order_line.product_id
JOIN category ON category.id = product.category_id
WHERE orders.status <> 'C';
