MODEL (name raw.payments, kind SEED (path '../../seeds/raw_payments.csv', csv_settings (delimiter = ';', na_values = ['-'])), columns (id int, order_id int, payment_method text, amount int));
