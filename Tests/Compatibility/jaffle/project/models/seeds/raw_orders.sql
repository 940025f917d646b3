MODEL (name raw.orders, kind SEED (path '../../seeds/raw_orders.csv'), columns (id int, user_id int, order_date date, status varchar(50)), column_descriptions (id = 'the key'), grain id);
