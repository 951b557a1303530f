-- What the base tables say now of each cover, in the order of the fields of `Facts`.
SELECT
  c.id, c.well_id, c.kind, c.lifecycle, c.condition, c.problem,
  w.area_id, w.road, w.road_manager, w.place, c.material, c.load_class, c.expires_on,
  (SELECT r.unit_id FROM responsibilities r WHERE r.well_id = w.id AND r.role = 'owner' AND r.valid_to IS NULL ORDER BY r.id DESC LIMIT 1),
  COALESCE((SELECT r.confirmed FROM responsibilities r WHERE r.well_id = w.id AND r.role = 'owner' AND r.valid_to IS NULL ORDER BY r.id DESC LIMIT 1), FALSE),
  (SELECT r.unit_id FROM responsibilities r WHERE r.well_id = w.id AND r.role = 'maintainer' AND r.valid_to IS NULL ORDER BY r.id DESC LIMIT 1),
  (SELECT r.unit_id FROM responsibilities r WHERE r.well_id = w.id AND r.role = 'supervisor' AND r.valid_to IS NULL ORDER BY r.id DESC LIMIT 1),
  (SELECT r.unit_id FROM responsibilities r WHERE r.well_id = w.id AND r.role = 'territorial' AND r.valid_to IS NULL ORDER BY r.id DESC LIMIT 1),
  (SELECT r.unit_id FROM responsibilities r WHERE r.well_id = w.id AND r.role = 'fallback' AND r.valid_to IS NULL ORDER BY r.id DESC LIMIT 1),
  (SELECT k.code FROM codes k WHERE k.cover_id = c.id AND k.state = 'active' ORDER BY k.id LIMIT 1),
  EXISTS (SELECT 1 FROM labels l WHERE l.cover_id = c.id AND l.state = 'fixed'),
  w.low_lying,
  EXISTS (SELECT 1 FROM fall_guards g WHERE g.well_id = w.id AND g.removed_on IS NULL),
  c.has_sensor, w.crowded, (w.road IS NOT NULL OR w.address IS NOT NULL), c.cell, c.demo
FROM covers c JOIN wells w ON w.id = c.well_id
WHERE 1 = 1
