MODEL (
  name shop.countries,
  kind SEED (path '../seeds/countries.csv'),
  columns (code TEXT, name TEXT, region TEXT, joined DATE),
  grain code,
  audits (unique_values(columns := (code)))
);
