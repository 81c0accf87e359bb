DROP TRIGGER IF EXISTS guard_commission_insert_draft ON commission
-- next
CREATE OR REPLACE FUNCTION guard_commission_insert_draft() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'DRAFT' THEN RAISE EXCEPTION USING MESSAGE = 'BX-17: a commission begins as a draft', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_commission_insert_draft BEFORE INSERT ON commission FOR EACH ROW EXECUTE FUNCTION guard_commission_insert_draft()
-- next
DROP TRIGGER IF EXISTS guard_commission_update_moves ON commission
-- next
CREATE OR REPLACE FUNCTION guard_commission_update_moves() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> OLD.state AND NOT ((OLD.state = 'DRAFT' AND NEW.state = 'ISSUED') OR (OLD.state = 'ISSUED' AND NEW.state IN ('ACCEPTED','REFUSED'))) THEN RAISE EXCEPTION USING MESSAGE = 'BX-17: a commission goes from draft to issued, and from issued to accepted or refused, never back', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_commission_update_moves BEFORE UPDATE ON commission FOR EACH ROW EXECUTE FUNCTION guard_commission_update_moves()
-- next
DROP TRIGGER IF EXISTS guard_commission_update_letter ON commission
-- next
CREATE OR REPLACE FUNCTION guard_commission_update_letter() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'DRAFT' AND (NEW.letter_id IS NULL OR NEW.commissioned_on IS NULL OR NEW.signatory_id IS NULL OR NEW.number IS NULL) THEN RAISE EXCEPTION USING MESSAGE = 'BX-12: a commission needs its letter, number, date and signatory', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_commission_update_letter BEFORE UPDATE ON commission FOR EACH ROW EXECUTE FUNCTION guard_commission_update_letter()
-- next
DROP TRIGGER IF EXISTS guard_commission_update_members ON commission
-- next
CREATE OR REPLACE FUNCTION guard_commission_update_members() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state = 'ISSUED' AND OLD.state = 'DRAFT' AND NEW.purpose = 'VERIFY' AND NEW.household_id IS NOT NULL AND EXISTS (SELECT 1 FROM person p WHERE p.household_id = NEW.household_id AND p.kind = 'MEMBER' AND (p.left_on IS NULL OR p.left_on > NEW.commissioned_on) AND NOT EXISTS (SELECT 1 FROM commission_subject s WHERE s.commission_id = NEW.id AND s.person_id = p.id)) THEN RAISE EXCEPTION USING MESSAGE = 'BX-11: a member of the household is missing among the authorised persons of this commission', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_commission_update_members BEFORE UPDATE ON commission FOR EACH ROW EXECUTE FUNCTION guard_commission_update_members()
-- next
DROP TRIGGER IF EXISTS guard_commission_update_authorisations ON commission
-- next
CREATE OR REPLACE FUNCTION guard_commission_update_authorisations() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state = 'ISSUED' AND OLD.state = 'DRAFT' AND EXISTS (SELECT 1 FROM commission_subject s JOIN authorisation a ON a.id = s.authorisation_id WHERE s.commission_id = NEW.id AND (a.withdrawn_on IS NOT NULL OR a.valid_until < NEW.commissioned_on)) THEN RAISE EXCEPTION USING MESSAGE = 'BX-11: an authorisation of this commission was withdrawn or has run out', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_commission_update_authorisations BEFORE UPDATE ON commission FOR EACH ROW EXECUTE FUNCTION guard_commission_update_authorisations()
-- next
DROP TRIGGER IF EXISTS guard_commission_update_whole ON commission
-- next
CREATE OR REPLACE FUNCTION guard_commission_update_whole() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state = 'ISSUED' AND OLD.state = 'DRAFT' AND (NOT EXISTS (SELECT 1 FROM commission_subject s WHERE s.commission_id = NEW.id) OR NOT EXISTS (SELECT 1 FROM commission_category k WHERE k.commission_id = NEW.id)) THEN RAISE EXCEPTION USING MESSAGE = 'LF-16: a commission names persons and categories', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_commission_update_whole BEFORE UPDATE ON commission FOR EACH ROW EXECUTE FUNCTION guard_commission_update_whole()
-- next
DROP TRIGGER IF EXISTS guard_commission_update_checked ON commission
-- next
CREATE OR REPLACE FUNCTION guard_commission_update_checked() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state IN ('ACCEPTED','REFUSED') AND OLD.state = 'ISSUED' AND NOT EXISTS (SELECT 1 FROM acceptance t WHERE t.commission_id = NEW.id AND t.outcome = NEW.state) THEN RAISE EXCEPTION USING MESSAGE = 'LF-19: a commission is accepted or refused by a recorded check', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_commission_update_checked BEFORE UPDATE ON commission FOR EACH ROW EXECUTE FUNCTION guard_commission_update_checked()
-- next
DROP TRIGGER IF EXISTS guard_commission_update_frozen ON commission
-- next
CREATE OR REPLACE FUNCTION guard_commission_update_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state <> 'DRAFT' AND (NEW.id IS DISTINCT FROM OLD.id OR NEW.ref IS DISTINCT FROM OLD.ref OR NEW.number IS DISTINCT FROM OLD.number OR NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.attempt IS DISTINCT FROM OLD.attempt OR NEW.household_id IS DISTINCT FROM OLD.household_id OR NEW.campaign_id IS DISTINCT FROM OLD.campaign_id OR NEW.department_id IS DISTINCT FROM OLD.department_id OR NEW.department_kind IS DISTINCT FROM OLD.department_kind OR NEW.agency_id IS DISTINCT FROM OLD.agency_id OR NEW.agency_kind IS DISTINCT FROM OLD.agency_kind OR NEW.programme IS DISTINCT FROM OLD.programme OR NEW.purpose IS DISTINCT FROM OLD.purpose OR NEW.basis IS DISTINCT FROM OLD.basis OR NEW.commissioned_on IS DISTINCT FROM OLD.commissioned_on OR NEW.prepared_by IS DISTINCT FROM OLD.prepared_by OR NEW.signatory_id IS DISTINCT FROM OLD.signatory_id OR NEW.letter_id IS DISTINCT FROM OLD.letter_id OR NEW.issued_at IS DISTINCT FROM OLD.issued_at) THEN RAISE EXCEPTION USING MESSAGE = 'BX-12: an issued commission letter does not change', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_commission_update_frozen BEFORE UPDATE ON commission FOR EACH ROW EXECUTE FUNCTION guard_commission_update_frozen()
-- next
DROP TRIGGER IF EXISTS guard_commission_delete_kept ON commission
-- next
CREATE OR REPLACE FUNCTION guard_commission_delete_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state <> 'DRAFT' THEN RAISE EXCEPTION USING MESSAGE = 'BX-17: every attempt of a commission is kept', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_commission_delete_kept BEFORE DELETE ON commission FOR EACH ROW EXECUTE FUNCTION guard_commission_delete_kept()
-- next
DROP TRIGGER IF EXISTS guard_commission_subject_insert_frozen ON commission_subject
-- next
CREATE OR REPLACE FUNCTION guard_commission_subject_insert_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT c.state FROM commission c WHERE c.id = NEW.commission_id FOR SHARE) <> 'DRAFT' THEN RAISE EXCEPTION USING MESSAGE = 'LF-16: the persons of a commission are frozen at issue', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_commission_subject_insert_frozen BEFORE INSERT ON commission_subject FOR EACH ROW EXECUTE FUNCTION guard_commission_subject_insert_frozen()
-- next
DROP TRIGGER IF EXISTS guard_commission_subject_update_frozen ON commission_subject
-- next
CREATE OR REPLACE FUNCTION guard_commission_subject_update_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT c.state FROM commission c WHERE c.id = OLD.commission_id FOR SHARE) <> 'DRAFT' OR (SELECT c.state FROM commission c WHERE c.id = NEW.commission_id FOR SHARE) <> 'DRAFT' THEN RAISE EXCEPTION USING MESSAGE = 'LF-16: the persons of a commission are frozen at issue', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_commission_subject_update_frozen BEFORE UPDATE ON commission_subject FOR EACH ROW EXECUTE FUNCTION guard_commission_subject_update_frozen()
-- next
DROP TRIGGER IF EXISTS guard_commission_subject_delete_frozen ON commission_subject
-- next
CREATE OR REPLACE FUNCTION guard_commission_subject_delete_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT c.state FROM commission c WHERE c.id = OLD.commission_id FOR SHARE) <> 'DRAFT' THEN RAISE EXCEPTION USING MESSAGE = 'LF-16: the persons of a commission are frozen at issue', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_commission_subject_delete_frozen BEFORE DELETE ON commission_subject FOR EACH ROW EXECUTE FUNCTION guard_commission_subject_delete_frozen()
-- next
DROP TRIGGER IF EXISTS guard_commission_subject_insert_household ON commission_subject
-- next
CREATE OR REPLACE FUNCTION guard_commission_subject_insert_household() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM commission c JOIN person p ON p.id = NEW.person_id WHERE c.id = NEW.commission_id AND c.household_id <> p.household_id) THEN RAISE EXCEPTION USING MESSAGE = 'LF-16: this person belongs to another household than the commission', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_commission_subject_insert_household BEFORE INSERT ON commission_subject FOR EACH ROW EXECUTE FUNCTION guard_commission_subject_insert_household()
-- next
DROP TRIGGER IF EXISTS guard_commission_category_insert_frozen ON commission_category
-- next
CREATE OR REPLACE FUNCTION guard_commission_category_insert_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT c.state FROM commission c WHERE c.id = NEW.commission_id FOR SHARE) <> 'DRAFT' THEN RAISE EXCEPTION USING MESSAGE = 'LF-16: the categories of a commission are frozen at issue', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_commission_category_insert_frozen BEFORE INSERT ON commission_category FOR EACH ROW EXECUTE FUNCTION guard_commission_category_insert_frozen()
-- next
DROP TRIGGER IF EXISTS guard_commission_category_update_frozen ON commission_category
-- next
CREATE OR REPLACE FUNCTION guard_commission_category_update_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT c.state FROM commission c WHERE c.id = OLD.commission_id FOR SHARE) <> 'DRAFT' OR (SELECT c.state FROM commission c WHERE c.id = NEW.commission_id FOR SHARE) <> 'DRAFT' THEN RAISE EXCEPTION USING MESSAGE = 'LF-16: the categories of a commission are frozen at issue', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_commission_category_update_frozen BEFORE UPDATE ON commission_category FOR EACH ROW EXECUTE FUNCTION guard_commission_category_update_frozen()
-- next
DROP TRIGGER IF EXISTS guard_commission_category_delete_frozen ON commission_category
-- next
CREATE OR REPLACE FUNCTION guard_commission_category_delete_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT c.state FROM commission c WHERE c.id = OLD.commission_id FOR SHARE) <> 'DRAFT' THEN RAISE EXCEPTION USING MESSAGE = 'LF-16: the categories of a commission are frozen at issue', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_commission_category_delete_frozen BEFORE DELETE ON commission_category FOR EACH ROW EXECUTE FUNCTION guard_commission_category_delete_frozen()
-- next
DROP TRIGGER IF EXISTS guard_acceptance_insert_issued ON acceptance
-- next
CREATE OR REPLACE FUNCTION guard_acceptance_insert_issued() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT c.state FROM commission c WHERE c.id = NEW.commission_id FOR SHARE) <> 'ISSUED' THEN RAISE EXCEPTION USING MESSAGE = 'LF-19: only an issued commission is checked, and once', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_acceptance_insert_issued BEFORE INSERT ON acceptance FOR EACH ROW EXECUTE FUNCTION guard_acceptance_insert_issued()
-- next
DROP TRIGGER IF EXISTS guard_acceptance_insert_eyes ON acceptance
-- next
CREATE OR REPLACE FUNCTION guard_acceptance_insert_eyes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM commission c WHERE c.id = NEW.commission_id AND NEW.checker_id IN (c.prepared_by, c.signatory_id)) THEN RAISE EXCEPTION USING MESSAGE = 'LF-19: who prepared or signed a commission does not check it', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_acceptance_insert_eyes BEFORE INSERT ON acceptance FOR EACH ROW EXECUTE FUNCTION guard_acceptance_insert_eyes()
-- next
DROP TRIGGER IF EXISTS guard_acceptance_update_never ON acceptance
-- next
CREATE OR REPLACE FUNCTION guard_acceptance_update_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'LF-19: a recorded check does not change', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_acceptance_update_never BEFORE UPDATE ON acceptance FOR EACH ROW EXECUTE FUNCTION guard_acceptance_update_never()
-- next
DROP TRIGGER IF EXISTS guard_acceptance_delete_never ON acceptance
-- next
CREATE OR REPLACE FUNCTION guard_acceptance_delete_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'LF-19: a recorded check does not change', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_acceptance_delete_never BEFORE DELETE ON acceptance FOR EACH ROW EXECUTE FUNCTION guard_acceptance_delete_never()
-- next
DROP TRIGGER IF EXISTS guard_query_insert_accepted ON query
-- next
CREATE OR REPLACE FUNCTION guard_query_insert_accepted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT c.state FROM commission c WHERE c.id = NEW.commission_id FOR SHARE) <> 'ACCEPTED' THEN RAISE EXCEPTION USING MESSAGE = 'LF-16: no query before the commission is accepted', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_query_insert_accepted BEFORE INSERT ON query FOR EACH ROW EXECUTE FUNCTION guard_query_insert_accepted()
-- next
DROP TRIGGER IF EXISTS guard_query_insert_case ON query
-- next
CREATE OR REPLACE FUNCTION guard_query_insert_case() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM commission c JOIN cases k ON k.id = NEW.case_id WHERE c.id = NEW.commission_id AND (c.case_id = k.id OR c.campaign_id = k.campaign_id)) THEN RAISE EXCEPTION USING MESSAGE = 'LF-16: the commission is of another case', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_query_insert_case BEFORE INSERT ON query FOR EACH ROW EXECUTE FUNCTION guard_query_insert_case()
-- next
DROP TRIGGER IF EXISTS guard_query_update_frozen ON query
-- next
CREATE OR REPLACE FUNCTION guard_query_update_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.commission_id IS DISTINCT FROM OLD.commission_id OR NEW.category IS DISTINCT FROM OLD.category OR NEW.resource_id IS DISTINCT FROM OLD.resource_id OR NEW.round IS DISTINCT FROM OLD.round) THEN RAISE EXCEPTION USING MESSAGE = 'LF-16: a query keeps its case, commission, category and source', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_query_update_frozen BEFORE UPDATE ON query FOR EACH ROW EXECUTE FUNCTION guard_query_update_frozen()
-- next
DROP TRIGGER IF EXISTS guard_result_row_update_never ON result_row
-- next
CREATE OR REPLACE FUNCTION guard_result_row_update_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'LF-08: a result row does not change', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_result_row_update_never BEFORE UPDATE ON result_row FOR EACH ROW EXECUTE FUNCTION guard_result_row_update_never()
-- next
DROP TRIGGER IF EXISTS guard_result_row_delete_never ON result_row
-- next
CREATE OR REPLACE FUNCTION guard_result_row_delete_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'LF-08: a result row does not change', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_result_row_delete_never BEFORE DELETE ON result_row FOR EACH ROW EXECUTE FUNCTION guard_result_row_delete_never()
-- next
DROP TRIGGER IF EXISTS guard_report_update_signed ON report
-- next
CREATE OR REPLACE FUNCTION guard_report_update_signed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (OLD.state IN ('SIGNED','DELIVERED') OR OLD.digest IS NOT NULL) AND (NEW.id IS DISTINCT FROM OLD.id OR NEW.ref IS DISTINCT FROM OLD.ref OR NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.commission_id IS DISTINCT FROM OLD.commission_id OR NEW.version IS DISTINCT FROM OLD.version OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.number IS DISTINCT FROM OLD.number OR NEW.agency_id IS DISTINCT FROM OLD.agency_id OR NEW.agency_kind IS DISTINCT FROM OLD.agency_kind OR NEW.remarks IS DISTINCT FROM OLD.remarks OR NEW.canonical IS DISTINCT FROM OLD.canonical OR NEW.digest IS DISTINCT FROM OLD.digest OR NEW.handler_id IS DISTINCT FROM OLD.handler_id OR NEW.reviewer_id IS DISTINCT FROM OLD.reviewer_id OR NEW.drafted_at IS DISTINCT FROM OLD.drafted_at OR NEW.signed_at IS DISTINCT FROM OLD.signed_at OR NEW.signed_on IS DISTINCT FROM OLD.signed_on) THEN RAISE EXCEPTION USING MESSAGE = 'LF-17: a signed report does not change', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_report_update_signed BEFORE UPDATE ON report FOR EACH ROW EXECUTE FUNCTION guard_report_update_signed()
-- next
DROP TRIGGER IF EXISTS guard_report_update_moves ON report
-- next
CREATE OR REPLACE FUNCTION guard_report_update_moves() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (OLD.state = 'SIGNED' AND NEW.state NOT IN ('SIGNED','DELIVERED')) OR (OLD.state = 'DELIVERED' AND NEW.state <> 'DELIVERED') THEN RAISE EXCEPTION USING MESSAGE = 'LF-17: a signed report is only delivered, never taken back', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_report_update_moves BEFORE UPDATE ON report FOR EACH ROW EXECUTE FUNCTION guard_report_update_moves()
-- next
DROP TRIGGER IF EXISTS guard_report_update_once ON report
-- next
CREATE OR REPLACE FUNCTION guard_report_update_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (OLD.pdf_id IS NOT NULL AND NEW.pdf_id IS DISTINCT FROM OLD.pdf_id) OR (OLD.pdf_digest IS NOT NULL AND NEW.pdf_digest IS DISTINCT FROM OLD.pdf_digest) OR (OLD.delivered_at IS NOT NULL AND NEW.delivered_at IS DISTINCT FROM OLD.delivered_at) OR (OLD.received_by IS NOT NULL AND NEW.received_by IS DISTINCT FROM OLD.received_by) THEN RAISE EXCEPTION USING MESSAGE = 'LF-17: a report''s document and delivery are recorded once', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_report_update_once BEFORE UPDATE ON report FOR EACH ROW EXECUTE FUNCTION guard_report_update_once()
-- next
DROP TRIGGER IF EXISTS guard_report_delete_signed ON report
-- next
CREATE OR REPLACE FUNCTION guard_report_delete_signed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (OLD.state IN ('SIGNED','DELIVERED') OR OLD.digest IS NOT NULL) THEN RAISE EXCEPTION USING MESSAGE = 'LF-17: a signed report is kept', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_report_delete_signed BEFORE DELETE ON report FOR EACH ROW EXECUTE FUNCTION guard_report_delete_signed()
-- next
DROP TRIGGER IF EXISTS guard_survey_update_never ON survey
-- next
CREATE OR REPLACE FUNCTION guard_survey_update_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'LF-08: a record of an investigation does not change', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_survey_update_never BEFORE UPDATE ON survey FOR EACH ROW EXECUTE FUNCTION guard_survey_update_never()
-- next
DROP TRIGGER IF EXISTS guard_survey_delete_never ON survey
-- next
CREATE OR REPLACE FUNCTION guard_survey_delete_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'LF-08: a record of an investigation does not change', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_survey_delete_never BEFORE DELETE ON survey FOR EACH ROW EXECUTE FUNCTION guard_survey_delete_never()
-- next
DROP TRIGGER IF EXISTS guard_determination_update_never ON determination
-- next
CREATE OR REPLACE FUNCTION guard_determination_update_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'CK-13: a recorded decision does not change', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_determination_update_never BEFORE UPDATE ON determination FOR EACH ROW EXECUTE FUNCTION guard_determination_update_never()
-- next
DROP TRIGGER IF EXISTS guard_determination_delete_never ON determination
-- next
CREATE OR REPLACE FUNCTION guard_determination_delete_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'CK-13: a recorded decision does not change', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_determination_delete_never BEFORE DELETE ON determination FOR EACH ROW EXECUTE FUNCTION guard_determination_delete_never()
-- next
DROP TRIGGER IF EXISTS guard_non_cooperation_update_never ON non_cooperation
-- next
CREATE OR REPLACE FUNCTION guard_non_cooperation_update_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'BX-14: a recorded decision does not change', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_non_cooperation_update_never BEFORE UPDATE ON non_cooperation FOR EACH ROW EXECUTE FUNCTION guard_non_cooperation_update_never()
-- next
DROP TRIGGER IF EXISTS guard_non_cooperation_delete_never ON non_cooperation
-- next
CREATE OR REPLACE FUNCTION guard_non_cooperation_delete_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'BX-14: a recorded decision does not change', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_non_cooperation_delete_never BEFORE DELETE ON non_cooperation FOR EACH ROW EXECUTE FUNCTION guard_non_cooperation_delete_never()
-- next
DROP TRIGGER IF EXISTS guard_authorisation_update_signed ON authorisation
-- next
CREATE OR REPLACE FUNCTION guard_authorisation_update_signed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (NEW.id IS DISTINCT FROM OLD.id OR NEW.ref IS DISTINCT FROM OLD.ref OR NEW.number IS DISTINCT FROM OLD.number OR NEW.person_id IS DISTINCT FROM OLD.person_id OR NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.signed_on IS DISTINCT FROM OLD.signed_on OR NEW.signer IS DISTINCT FROM OLD.signer OR NEW.guardian_id IS DISTINCT FROM OLD.guardian_id OR NEW.scope IS DISTINCT FROM OLD.scope OR NEW.until_rule IS DISTINCT FROM OLD.until_rule OR NEW.valid_until IS DISTINCT FROM OLD.valid_until OR NEW.scan_id IS DISTINCT FROM OLD.scan_id OR NEW.collected_at IS DISTINCT FROM OLD.collected_at OR NEW.collected_by IS DISTINCT FROM OLD.collected_by) THEN RAISE EXCEPTION USING MESSAGE = 'BX-11: a signed authorisation does not change', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_authorisation_update_signed BEFORE UPDATE ON authorisation FOR EACH ROW EXECUTE FUNCTION guard_authorisation_update_signed()
-- next
DROP TRIGGER IF EXISTS guard_authorisation_update_once ON authorisation
-- next
CREATE OR REPLACE FUNCTION guard_authorisation_update_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (OLD.withdrawn_on IS NOT NULL AND NEW.withdrawn_on IS DISTINCT FROM OLD.withdrawn_on) OR (OLD.withdrawal_reason IS NOT NULL AND NEW.withdrawal_reason IS DISTINCT FROM OLD.withdrawal_reason) THEN RAISE EXCEPTION USING MESSAGE = 'BX-11: an authorisation is withdrawn once', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_authorisation_update_once BEFORE UPDATE ON authorisation FOR EACH ROW EXECUTE FUNCTION guard_authorisation_update_once()
-- next
DROP TRIGGER IF EXISTS guard_authorisation_delete_kept ON authorisation
-- next
CREATE OR REPLACE FUNCTION guard_authorisation_delete_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'BX-11: an authorisation is kept', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_authorisation_delete_kept BEFORE DELETE ON authorisation FOR EACH ROW EXECUTE FUNCTION guard_authorisation_delete_kept()
-- next
DROP TRIGGER IF EXISTS guard_archive_file_update_complete ON archive_file
-- next
CREATE OR REPLACE FUNCTION guard_archive_file_update_complete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.completed_at IS NOT NULL THEN RAISE EXCEPTION USING MESSAGE = 'BX-27: a complete file does not change', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_archive_file_update_complete BEFORE UPDATE ON archive_file FOR EACH ROW EXECUTE FUNCTION guard_archive_file_update_complete()
-- next
DROP TRIGGER IF EXISTS guard_archive_file_delete_complete ON archive_file
-- next
CREATE OR REPLACE FUNCTION guard_archive_file_delete_complete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.completed_at IS NOT NULL THEN RAISE EXCEPTION USING MESSAGE = 'BX-27: a complete file is kept', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_archive_file_delete_complete BEFORE DELETE ON archive_file FOR EACH ROW EXECUTE FUNCTION guard_archive_file_delete_complete()
-- next
DROP TRIGGER IF EXISTS guard_archive_item_update_complete ON archive_item
-- next
CREATE OR REPLACE FUNCTION guard_archive_item_update_complete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM archive_file f WHERE f.id = OLD.archive_id AND f.completed_at IS NOT NULL) THEN RAISE EXCEPTION USING MESSAGE = 'BX-27: a document of a complete file is kept as it is', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_archive_item_update_complete BEFORE UPDATE ON archive_item FOR EACH ROW EXECUTE FUNCTION guard_archive_item_update_complete()
-- next
DROP TRIGGER IF EXISTS guard_archive_item_delete_complete ON archive_item
-- next
CREATE OR REPLACE FUNCTION guard_archive_item_delete_complete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM archive_file f WHERE f.id = OLD.archive_id AND f.completed_at IS NOT NULL) THEN RAISE EXCEPTION USING MESSAGE = 'BX-27: a document of a complete file is kept as it is', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_archive_item_delete_complete BEFORE DELETE ON archive_item FOR EACH ROW EXECUTE FUNCTION guard_archive_item_delete_complete()
-- next
DROP TRIGGER IF EXISTS guard_journal_entry_update_never ON journal_entry
-- next
CREATE OR REPLACE FUNCTION guard_journal_entry_update_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'BX-44: the journal is only added to', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_journal_entry_update_never BEFORE UPDATE ON journal_entry FOR EACH ROW EXECUTE FUNCTION guard_journal_entry_update_never()
-- next
DROP TRIGGER IF EXISTS guard_journal_entry_delete_never ON journal_entry
-- next
CREATE OR REPLACE FUNCTION guard_journal_entry_delete_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'BX-44: the journal is only added to', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_journal_entry_delete_never BEFORE DELETE ON journal_entry FOR EACH ROW EXECUTE FUNCTION guard_journal_entry_delete_never()
-- next
DROP TRIGGER IF EXISTS guard_journal_seal_update_never ON journal_seal
-- next
CREATE OR REPLACE FUNCTION guard_journal_seal_update_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'BX-44: the journal is only added to', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
-- next
CREATE TRIGGER guard_journal_seal_update_never BEFORE UPDATE ON journal_seal FOR EACH ROW EXECUTE FUNCTION guard_journal_seal_update_never()
-- next
DROP TRIGGER IF EXISTS guard_journal_seal_delete_never ON journal_seal
-- next
CREATE OR REPLACE FUNCTION guard_journal_seal_delete_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION USING MESSAGE = 'BX-44: the journal is only added to', ERRCODE = 'check_violation'; END IF; RETURN OLD; END $$
-- next
CREATE TRIGGER guard_journal_seal_delete_never BEFORE DELETE ON journal_seal FOR EACH ROW EXECUTE FUNCTION guard_journal_seal_delete_never()
