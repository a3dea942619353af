"""The statements of the embedded telemetry store."""

PUT_POINT = """
INSERT INTO points (series, at_ms, value) VALUES (?, ?, ?)
ON CONFLICT (series, at_ms) DO UPDATE SET value = excluded.value
"""
ADD_SERIES = """
INSERT INTO series (measurement, site, equipment, tags, field) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""
FIND_SERIES = """
SELECT id FROM series WHERE measurement = ? AND site = ? AND equipment = ? AND tags = ? AND field = ?
"""
SERIES_OF_METRIC = """
SELECT id FROM series WHERE measurement = :measurement AND equipment = :equipment AND field = :field
"""
SERIES_OF_SITE = "SELECT id, field FROM series WHERE measurement = ? AND equipment = ? AND site = ?"
ALL_SERIES = "SELECT id FROM series"

VALUES = """
SELECT at_ms, value FROM points
WHERE series = :series AND at_ms >= :start AND at_ms < :end AND typeof(value) = 'real'
ORDER BY at_ms LIMIT :limit
"""
# The remainder is taken twice so that windows before 1970 are aligned too.
MEANS = """
SELECT at_ms - ((at_ms % :window) + :window) % :window AS window_start, avg(value) FROM points
WHERE series IN (SELECT id FROM series WHERE measurement = :measurement AND equipment = :equipment AND field = :field)
  AND at_ms >= :start AND at_ms < :end AND typeof(value) = 'real'
GROUP BY window_start ORDER BY window_start LIMIT :limit
"""
# In the order of time: a series' values lie so.
POSSIBLE_VALUES = """
SELECT at_ms, value FROM points
WHERE series = :series AND at_ms >= :start AND at_ms < :end AND typeof(value) = 'real'
  AND value >= :minimum AND value <= :maximum
ORDER BY at_ms
"""
LAST_VALUES = """
SELECT series.field, points.at_ms, points.value FROM series
JOIN points ON points.series = series.id
 AND points.at_ms = (SELECT max(at_ms) FROM points AS newest WHERE newest.series = series.id)
WHERE series.measurement = ? AND series.equipment = ? AND typeof(points.value) = 'real'
ORDER BY points.at_ms
"""
PAGE_OF_SERIES = """
SELECT at_ms, value FROM points WHERE series = ? AND at_ms > ? ORDER BY at_ms LIMIT ?
"""
EVENTS = """
SELECT points.at_ms, series.site, series.equipment, series.tags, series.field, points.value
FROM series JOIN points ON points.series = series.id
WHERE series.measurement = ? AND points.at_ms >= ? AND points.at_ms < ?
ORDER BY points.at_ms, series.site, series.equipment, series.tags, series.field
"""
DROP_POINTS = "DELETE FROM points WHERE series = ? AND at_ms < ?"
ANY_POINT = "SELECT 1 FROM points LIMIT 1"
