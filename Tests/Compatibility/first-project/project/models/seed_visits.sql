MODEL (
  name first.seed_visits,
  kind SEED (
    path '../seeds/visits.csv'
  ),
  columns (
    id INTEGER,
    page_id INTEGER,
    visited_on DATE
  ),
  grain (id, visited_on)
);
