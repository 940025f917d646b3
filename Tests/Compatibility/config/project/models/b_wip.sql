MODEL (name shop.b); SELECT FROM nothing nothing nothing
