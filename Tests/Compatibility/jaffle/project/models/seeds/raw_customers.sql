MODEL (name raw.customers, kind SEED (path '$root/seeds/raw_customers.csv'));
