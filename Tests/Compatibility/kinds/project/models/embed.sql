MODEL (name i.embed, kind EMBEDDED); SELECT id, amount FROM src.e WHERE amount > 10
