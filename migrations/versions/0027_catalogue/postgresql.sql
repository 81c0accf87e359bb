DROP TRIGGER IF EXISTS guard_resource_version_insert_draft ON resource_version
-- next
CREATE OR REPLACE FUNCTION guard_resource_version_insert_draft() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'DRAFT' AND NOT NEW.taken_over THEN RAISE EXCEPTION USING MESSAGE = 'LF-30: an item of the catalogue begins as a draft', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_resource_version_insert_draft BEFORE INSERT ON resource_version FOR EACH ROW EXECUTE FUNCTION guard_resource_version_insert_draft()
-- next
DROP TRIGGER IF EXISTS guard_resource_version_update_moves ON resource_version
-- next
CREATE OR REPLACE FUNCTION guard_resource_version_update_moves() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> OLD.state AND NOT ((OLD.state = 'DRAFT' AND NEW.state = 'PUBLISHED') OR (OLD.state = 'PUBLISHED' AND NEW.state IN ('SUSPENDED','RETIRED')) OR (OLD.state = 'SUSPENDED' AND NEW.state IN ('PUBLISHED','RETIRED'))) THEN RAISE EXCEPTION USING MESSAGE = 'LF-30: an item goes from draft to published, is suspended and taken up again, and retired for good', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_resource_version_update_moves BEFORE UPDATE ON resource_version FOR EACH ROW EXECUTE FUNCTION guard_resource_version_update_moves()
-- next
DROP TRIGGER IF EXISTS guard_resource_version_update_frozen ON resource_version
-- next
CREATE OR REPLACE FUNCTION guard_resource_version_update_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state <> 'DRAFT' AND (NEW.id IS DISTINCT FROM OLD.id OR NEW.ref IS DISTINCT FROM OLD.ref OR NEW.resource_id IS DISTINCT FROM OLD.resource_id OR NEW.number IS DISTINCT FROM OLD.number OR NEW.taken_over IS DISTINCT FROM OLD.taken_over OR NEW.purpose IS DISTINCT FROM OLD.purpose OR NEW.channel IS DISTINCT FROM OLD.channel OR NEW.fields IS DISTINCT FROM OLD.fields OR NEW.limit_length IS DISTINCT FROM OLD.limit_length OR NEW.limit_unit IS DISTINCT FROM OLD.limit_unit OR NEW.agreement_id IS DISTINCT FROM OLD.agreement_id OR NEW.written_by IS DISTINCT FROM OLD.written_by OR NEW.written_at IS DISTINCT FROM OLD.written_at OR NEW.published_by IS DISTINCT FROM OLD.published_by OR NEW.published_at IS DISTINCT FROM OLD.published_at) THEN RAISE EXCEPTION USING MESSAGE = 'LN-23: the content of a published item does not change; write a new version', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_resource_version_update_frozen BEFORE UPDATE ON resource_version FOR EACH ROW EXECUTE FUNCTION guard_resource_version_update_frozen()
-- next
DROP TRIGGER IF EXISTS guard_resource_version_update_agreed ON resource_version
-- next
CREATE OR REPLACE FUNCTION guard_resource_version_update_agreed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state = 'PUBLISHED' AND OLD.state = 'DRAFT' AND NEW.agreement_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM agreement a JOIN agreement_category c ON c.agreement_id = a.id JOIN resource r ON r.id = NEW.resource_id WHERE a.id = NEW.agreement_id AND a.supplier_id = r.supplier_id AND c.category = r.category) THEN RAISE EXCEPTION USING MESSAGE = 'BX-30: the agreement is another office''s, or does not cover this category', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_resource_version_update_agreed BEFORE UPDATE ON resource_version FOR EACH ROW EXECUTE FUNCTION guard_resource_version_update_agreed()
-- next
DROP TRIGGER IF EXISTS guard_resource_version_delete_kept ON resource_version
-- next
CREATE OR REPLACE FUNCTION guard_resource_version_delete_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state <> 'DRAFT' THEN RAISE EXCEPTION USING MESSAGE = 'LF-30: every published version of an item is kept', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_resource_version_delete_kept BEFORE DELETE ON resource_version FOR EACH ROW EXECUTE FUNCTION guard_resource_version_delete_kept()
-- next
DROP TRIGGER IF EXISTS guard_resource_window_insert_frozen ON resource_window
-- next
CREATE OR REPLACE FUNCTION guard_resource_window_insert_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT v.state FROM resource_version v WHERE v.id = NEW.version_id FOR SHARE) <> 'DRAFT' THEN RAISE EXCEPTION USING MESSAGE = 'LN-13: the acceptance windows of a published item do not change; write a new version', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_resource_window_insert_frozen BEFORE INSERT ON resource_window FOR EACH ROW EXECUTE FUNCTION guard_resource_window_insert_frozen()
-- next
DROP TRIGGER IF EXISTS guard_resource_window_update_frozen ON resource_window
-- next
CREATE OR REPLACE FUNCTION guard_resource_window_update_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT v.state FROM resource_version v WHERE v.id = OLD.version_id FOR SHARE) <> 'DRAFT' OR (SELECT v.state FROM resource_version v WHERE v.id = NEW.version_id FOR SHARE) <> 'DRAFT' THEN RAISE EXCEPTION USING MESSAGE = 'LN-13: the acceptance windows of a published item do not change; write a new version', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_resource_window_update_frozen BEFORE UPDATE ON resource_window FOR EACH ROW EXECUTE FUNCTION guard_resource_window_update_frozen()
-- next
DROP TRIGGER IF EXISTS guard_resource_window_delete_frozen ON resource_window
-- next
CREATE OR REPLACE FUNCTION guard_resource_window_delete_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT v.state FROM resource_version v WHERE v.id = OLD.version_id FOR SHARE) <> 'DRAFT' THEN RAISE EXCEPTION USING MESSAGE = 'LN-13: the acceptance windows of a published item do not change; write a new version', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_resource_window_delete_frozen BEFORE DELETE ON resource_window FOR EACH ROW EXECUTE FUNCTION guard_resource_window_delete_frozen()
-- next
DROP TRIGGER IF EXISTS guard_agreement_update_frozen ON agreement
-- next
CREATE OR REPLACE FUNCTION guard_agreement_update_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (NEW.id IS DISTINCT FROM OLD.id OR NEW.ref IS DISTINCT FROM OLD.ref OR NEW.number IS DISTINCT FROM OLD.number OR NEW.supplier_id IS DISTINCT FROM OLD.supplier_id OR NEW.channel IS DISTINCT FROM OLD.channel OR NEW.valid_from IS DISTINCT FROM OLD.valid_from OR NEW.registered_by IS DISTINCT FROM OLD.registered_by OR NEW.registered_at IS DISTINCT FROM OLD.registered_at) OR NEW.valid_until < OLD.valid_until THEN RAISE EXCEPTION USING MESSAGE = 'BX-30: an agreement keeps its content; it is only made to last longer, or ended', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_agreement_update_frozen BEFORE UPDATE ON agreement FOR EACH ROW EXECUTE FUNCTION guard_agreement_update_frozen()
-- next
DROP TRIGGER IF EXISTS guard_agreement_delete_kept ON agreement
-- next
CREATE OR REPLACE FUNCTION guard_agreement_delete_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'BX-30: an agreement is kept', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_agreement_delete_kept BEFORE DELETE ON agreement FOR EACH ROW EXECUTE FUNCTION guard_agreement_delete_kept()
-- next
DROP TRIGGER IF EXISTS guard_agreement_category_update_never ON agreement_category
-- next
CREATE OR REPLACE FUNCTION guard_agreement_category_update_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'BX-30: the categories of an agreement do not change', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_agreement_category_update_never BEFORE UPDATE ON agreement_category FOR EACH ROW EXECUTE FUNCTION guard_agreement_category_update_never()
-- next
DROP TRIGGER IF EXISTS guard_agreement_category_delete_never ON agreement_category
-- next
CREATE OR REPLACE FUNCTION guard_agreement_category_delete_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'BX-30: the categories of an agreement do not change', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_agreement_category_delete_never BEFORE DELETE ON agreement_category FOR EACH ROW EXECUTE FUNCTION guard_agreement_category_delete_never()
-- next
DROP TRIGGER IF EXISTS guard_quota_update_never ON quota
-- next
CREATE OR REPLACE FUNCTION guard_quota_update_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'LN-35: a quota does not change; grant a new one with its day', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_quota_update_never BEFORE UPDATE ON quota FOR EACH ROW EXECUTE FUNCTION guard_quota_update_never()
-- next
DROP TRIGGER IF EXISTS guard_quota_delete_never ON quota
-- next
CREATE OR REPLACE FUNCTION guard_quota_delete_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'LN-35: a quota does not change; grant a new one with its day', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_quota_delete_never BEFORE DELETE ON quota FOR EACH ROW EXECUTE FUNCTION guard_quota_delete_never()
-- next
DROP TRIGGER IF EXISTS guard_quota_use_update_grows ON quota_use
-- next
CREATE OR REPLACE FUNCTION guard_quota_use_update_grows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.used < OLD.used OR (NEW.quota_id IS DISTINCT FROM OLD.quota_id OR NEW.most IS DISTINCT FROM OLD.most OR NEW.period_start IS DISTINCT FROM OLD.period_start) THEN RAISE EXCEPTION USING MESSAGE = 'LN-35: what was used of a quota is not taken back', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_quota_use_update_grows BEFORE UPDATE ON quota_use FOR EACH ROW EXECUTE FUNCTION guard_quota_use_update_grows()
-- next
DROP TRIGGER IF EXISTS guard_quota_use_delete_kept ON quota_use
-- next
CREATE OR REPLACE FUNCTION guard_quota_use_delete_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'LN-35: what was used of a quota is not taken back', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_quota_use_delete_kept BEFORE DELETE ON quota_use FOR EACH ROW EXECUTE FUNCTION guard_quota_use_delete_kept()
-- next
DROP TRIGGER IF EXISTS guard_query_terms_update_never ON query_terms
-- next
CREATE OR REPLACE FUNCTION guard_query_terms_update_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'LN-13: the terms a query was planned under do not change', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_query_terms_update_never BEFORE UPDATE ON query_terms FOR EACH ROW EXECUTE FUNCTION guard_query_terms_update_never()
-- next
DROP TRIGGER IF EXISTS guard_query_terms_delete_never ON query_terms
-- next
CREATE OR REPLACE FUNCTION guard_query_terms_delete_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'LN-13: the terms a query was planned under do not change', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_query_terms_delete_never BEFORE DELETE ON query_terms FOR EACH ROW EXECUTE FUNCTION guard_query_terms_delete_never()
-- next
DROP TRIGGER IF EXISTS guard_catalogue_gap_note_update_never ON catalogue_gap_note
-- next
CREATE OR REPLACE FUNCTION guard_catalogue_gap_note_update_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'LF-06: a note on a gap is kept; write another one', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_catalogue_gap_note_update_never BEFORE UPDATE ON catalogue_gap_note FOR EACH ROW EXECUTE FUNCTION guard_catalogue_gap_note_update_never()
-- next
DROP TRIGGER IF EXISTS guard_catalogue_gap_note_delete_never ON catalogue_gap_note
-- next
CREATE OR REPLACE FUNCTION guard_catalogue_gap_note_delete_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'LF-06: a note on a gap is kept; write another one', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_catalogue_gap_note_delete_never BEFORE DELETE ON catalogue_gap_note FOR EACH ROW EXECUTE FUNCTION guard_catalogue_gap_note_delete_never()
