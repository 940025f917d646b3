MODEL (name staging.stg_customers, kind VIEW, grain customer_id, audits (unique_values(columns = (customer_id)), not_null(columns := [customer_id])));
select id as customer_id, first_name, last_name from raw.customers;
