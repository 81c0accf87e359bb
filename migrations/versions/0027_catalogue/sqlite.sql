DROP TRIGGER IF EXISTS guard_resource_version_insert_draft
-- next
CREATE TRIGGER guard_resource_version_insert_draft BEFORE INSERT ON resource_version FOR EACH ROW WHEN NEW.state <> 'DRAFT' AND NOT NEW.taken_over BEGIN SELECT RAISE(ABORT, 'LF-30: an item of the catalogue begins as a draft'); END
-- next
DROP TRIGGER IF EXISTS guard_resource_version_update_moves
-- next
CREATE TRIGGER guard_resource_version_update_moves BEFORE UPDATE ON resource_version FOR EACH ROW WHEN NEW.state <> OLD.state AND NOT ((OLD.state = 'DRAFT' AND NEW.state = 'PUBLISHED') OR (OLD.state = 'PUBLISHED' AND NEW.state IN ('SUSPENDED','RETIRED')) OR (OLD.state = 'SUSPENDED' AND NEW.state IN ('PUBLISHED','RETIRED'))) BEGIN SELECT RAISE(ABORT, 'LF-30: an item goes from draft to published, is suspended and taken up again, and retired for good'); END
-- next
DROP TRIGGER IF EXISTS guard_resource_version_update_frozen
-- next
CREATE TRIGGER guard_resource_version_update_frozen BEFORE UPDATE ON resource_version FOR EACH ROW WHEN OLD.state <> 'DRAFT' AND (NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.resource_id IS NOT OLD.resource_id OR NEW.number IS NOT OLD.number OR NEW.taken_over IS NOT OLD.taken_over OR NEW.purpose IS NOT OLD.purpose OR NEW.channel IS NOT OLD.channel OR NEW.fields IS NOT OLD.fields OR NEW.limit_length IS NOT OLD.limit_length OR NEW.limit_unit IS NOT OLD.limit_unit OR NEW.agreement_id IS NOT OLD.agreement_id OR NEW.written_by IS NOT OLD.written_by OR NEW.written_at IS NOT OLD.written_at OR NEW.published_by IS NOT OLD.published_by OR NEW.published_at IS NOT OLD.published_at) BEGIN SELECT RAISE(ABORT, 'LN-23: the content of a published item does not change; write a new version'); END
-- next
DROP TRIGGER IF EXISTS guard_resource_version_update_agreed
-- next
CREATE TRIGGER guard_resource_version_update_agreed BEFORE UPDATE ON resource_version FOR EACH ROW WHEN NEW.state = 'PUBLISHED' AND OLD.state = 'DRAFT' AND NEW.agreement_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM agreement a JOIN agreement_category c ON c.agreement_id = a.id JOIN resource r ON r.id = NEW.resource_id WHERE a.id = NEW.agreement_id AND a.supplier_id = r.supplier_id AND c.category = r.category) BEGIN SELECT RAISE(ABORT, 'BX-30: the agreement is another office''s, or does not cover this category'); END
-- next
DROP TRIGGER IF EXISTS guard_resource_version_delete_kept
-- next
CREATE TRIGGER guard_resource_version_delete_kept BEFORE DELETE ON resource_version FOR EACH ROW WHEN OLD.state <> 'DRAFT' BEGIN SELECT RAISE(ABORT, 'LF-30: every published version of an item is kept'); END
-- next
DROP TRIGGER IF EXISTS guard_resource_window_insert_frozen
-- next
CREATE TRIGGER guard_resource_window_insert_frozen BEFORE INSERT ON resource_window FOR EACH ROW WHEN (SELECT v.state FROM resource_version v WHERE v.id = NEW.version_id) <> 'DRAFT' BEGIN SELECT RAISE(ABORT, 'LN-13: the acceptance windows of a published item do not change; write a new version'); END
-- next
DROP TRIGGER IF EXISTS guard_resource_window_update_frozen
-- next
CREATE TRIGGER guard_resource_window_update_frozen BEFORE UPDATE ON resource_window FOR EACH ROW WHEN (SELECT v.state FROM resource_version v WHERE v.id = OLD.version_id) <> 'DRAFT' OR (SELECT v.state FROM resource_version v WHERE v.id = NEW.version_id) <> 'DRAFT' BEGIN SELECT RAISE(ABORT, 'LN-13: the acceptance windows of a published item do not change; write a new version'); END
-- next
DROP TRIGGER IF EXISTS guard_resource_window_delete_frozen
-- next
CREATE TRIGGER guard_resource_window_delete_frozen BEFORE DELETE ON resource_window FOR EACH ROW WHEN (SELECT v.state FROM resource_version v WHERE v.id = OLD.version_id) <> 'DRAFT' BEGIN SELECT RAISE(ABORT, 'LN-13: the acceptance windows of a published item do not change; write a new version'); END
-- next
DROP TRIGGER IF EXISTS guard_agreement_update_frozen
-- next
CREATE TRIGGER guard_agreement_update_frozen BEFORE UPDATE ON agreement FOR EACH ROW WHEN (NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.number IS NOT OLD.number OR NEW.supplier_id IS NOT OLD.supplier_id OR NEW.channel IS NOT OLD.channel OR NEW.valid_from IS NOT OLD.valid_from OR NEW.registered_by IS NOT OLD.registered_by OR NEW.registered_at IS NOT OLD.registered_at) OR NEW.valid_until < OLD.valid_until BEGIN SELECT RAISE(ABORT, 'BX-30: an agreement keeps its content; it is only made to last longer, or ended'); END
-- next
DROP TRIGGER IF EXISTS guard_agreement_delete_kept
-- next
CREATE TRIGGER guard_agreement_delete_kept BEFORE DELETE ON agreement FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'BX-30: an agreement is kept'); END
-- next
DROP TRIGGER IF EXISTS guard_agreement_category_update_never
-- next
CREATE TRIGGER guard_agreement_category_update_never BEFORE UPDATE ON agreement_category FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'BX-30: the categories of an agreement do not change'); END
-- next
DROP TRIGGER IF EXISTS guard_agreement_category_delete_never
-- next
CREATE TRIGGER guard_agreement_category_delete_never BEFORE DELETE ON agreement_category FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'BX-30: the categories of an agreement do not change'); END
-- next
DROP TRIGGER IF EXISTS guard_quota_update_never
-- next
CREATE TRIGGER guard_quota_update_never BEFORE UPDATE ON quota FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'LN-35: a quota does not change; grant a new one with its day'); END
-- next
DROP TRIGGER IF EXISTS guard_quota_delete_never
-- next
CREATE TRIGGER guard_quota_delete_never BEFORE DELETE ON quota FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'LN-35: a quota does not change; grant a new one with its day'); END
-- next
DROP TRIGGER IF EXISTS guard_quota_use_update_grows
-- next
CREATE TRIGGER guard_quota_use_update_grows BEFORE UPDATE ON quota_use FOR EACH ROW WHEN NEW.used < OLD.used OR (NEW.quota_id IS NOT OLD.quota_id OR NEW.most IS NOT OLD.most OR NEW.period_start IS NOT OLD.period_start) BEGIN SELECT RAISE(ABORT, 'LN-35: what was used of a quota is not taken back'); END
-- next
DROP TRIGGER IF EXISTS guard_quota_use_delete_kept
-- next
CREATE TRIGGER guard_quota_use_delete_kept BEFORE DELETE ON quota_use FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'LN-35: what was used of a quota is not taken back'); END
-- next
DROP TRIGGER IF EXISTS guard_query_terms_update_never
-- next
CREATE TRIGGER guard_query_terms_update_never BEFORE UPDATE ON query_terms FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'LN-13: the terms a query was planned under do not change'); END
-- next
DROP TRIGGER IF EXISTS guard_query_terms_delete_never
-- next
CREATE TRIGGER guard_query_terms_delete_never BEFORE DELETE ON query_terms FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'LN-13: the terms a query was planned under do not change'); END
-- next
DROP TRIGGER IF EXISTS guard_catalogue_gap_note_update_never
-- next
CREATE TRIGGER guard_catalogue_gap_note_update_never BEFORE UPDATE ON catalogue_gap_note FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'LF-06: a note on a gap is kept; write another one'); END
-- next
DROP TRIGGER IF EXISTS guard_catalogue_gap_note_delete_never
-- next
CREATE TRIGGER guard_catalogue_gap_note_delete_never BEFORE DELETE ON catalogue_gap_note FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'LF-06: a note on a gap is kept; write another one'); END
