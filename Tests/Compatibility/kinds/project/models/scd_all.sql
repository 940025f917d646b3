MODEL (name i.scd_all, kind SCD_TYPE_2_BY_COLUMN (unique_key id, columns *)); SELECT id, name, plan FROM src.c
