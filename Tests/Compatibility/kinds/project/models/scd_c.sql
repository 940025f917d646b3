MODEL (name i.scd_c, kind SCD_TYPE_2_BY_COLUMN (unique_key [id], columns [name, plan], invalidate_hard_deletes true)); SELECT id::int AS id, name, plan FROM src.c
