DROP TRIGGER IF EXISTS guard_commission_insert_draft
-- next
CREATE TRIGGER guard_commission_insert_draft BEFORE INSERT ON commission FOR EACH ROW WHEN NEW.state <> 'DRAFT' BEGIN SELECT RAISE(ABORT, 'BX-17: a commission begins as a draft'); END
-- next
DROP TRIGGER IF EXISTS guard_commission_update_moves
-- next
CREATE TRIGGER guard_commission_update_moves BEFORE UPDATE ON commission FOR EACH ROW WHEN NEW.state <> OLD.state AND NOT ((OLD.state = 'DRAFT' AND NEW.state = 'ISSUED') OR (OLD.state = 'ISSUED' AND NEW.state IN ('ACCEPTED','REFUSED'))) BEGIN SELECT RAISE(ABORT, 'BX-17: a commission goes from draft to issued, and from issued to accepted or refused, never back'); END
-- next
DROP TRIGGER IF EXISTS guard_commission_update_letter
-- next
CREATE TRIGGER guard_commission_update_letter BEFORE UPDATE ON commission FOR EACH ROW WHEN NEW.state <> 'DRAFT' AND (NEW.letter_id IS NULL OR NEW.commissioned_on IS NULL OR NEW.signatory_id IS NULL OR NEW.number IS NULL) BEGIN SELECT RAISE(ABORT, 'BX-12: a commission needs its letter, number, date and signatory'); END
-- next
DROP TRIGGER IF EXISTS guard_commission_update_members
-- next
CREATE TRIGGER guard_commission_update_members BEFORE UPDATE ON commission FOR EACH ROW WHEN NEW.state = 'ISSUED' AND OLD.state = 'DRAFT' AND NEW.purpose = 'VERIFY' AND NEW.household_id IS NOT NULL AND EXISTS (SELECT 1 FROM person p WHERE p.household_id = NEW.household_id AND p.kind = 'MEMBER' AND (p.left_on IS NULL OR p.left_on > NEW.commissioned_on) AND NOT EXISTS (SELECT 1 FROM commission_subject s WHERE s.commission_id = NEW.id AND s.person_id = p.id)) BEGIN SELECT RAISE(ABORT, 'BX-11: a member of the household is missing among the authorised persons of this commission'); END
-- next
DROP TRIGGER IF EXISTS guard_commission_update_authorisations
-- next
CREATE TRIGGER guard_commission_update_authorisations BEFORE UPDATE ON commission FOR EACH ROW WHEN NEW.state = 'ISSUED' AND OLD.state = 'DRAFT' AND EXISTS (SELECT 1 FROM commission_subject s JOIN authorisation a ON a.id = s.authorisation_id WHERE s.commission_id = NEW.id AND (a.withdrawn_on IS NOT NULL OR a.valid_until < NEW.commissioned_on)) BEGIN SELECT RAISE(ABORT, 'BX-11: an authorisation of this commission was withdrawn or has run out'); END
-- next
DROP TRIGGER IF EXISTS guard_commission_update_whole
-- next
CREATE TRIGGER guard_commission_update_whole BEFORE UPDATE ON commission FOR EACH ROW WHEN NEW.state = 'ISSUED' AND OLD.state = 'DRAFT' AND (NOT EXISTS (SELECT 1 FROM commission_subject s WHERE s.commission_id = NEW.id) OR NOT EXISTS (SELECT 1 FROM commission_category k WHERE k.commission_id = NEW.id)) BEGIN SELECT RAISE(ABORT, 'LF-16: a commission names persons and categories'); END
-- next
DROP TRIGGER IF EXISTS guard_commission_update_checked
-- next
CREATE TRIGGER guard_commission_update_checked BEFORE UPDATE ON commission FOR EACH ROW WHEN NEW.state IN ('ACCEPTED','REFUSED') AND OLD.state = 'ISSUED' AND NOT EXISTS (SELECT 1 FROM acceptance t WHERE t.commission_id = NEW.id AND t.outcome = NEW.state) BEGIN SELECT RAISE(ABORT, 'LF-19: a commission is accepted or refused by a recorded check'); END
-- next
DROP TRIGGER IF EXISTS guard_commission_update_frozen
-- next
CREATE TRIGGER guard_commission_update_frozen BEFORE UPDATE ON commission FOR EACH ROW WHEN OLD.state <> 'DRAFT' AND (NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.number IS NOT OLD.number OR NEW.case_id IS NOT OLD.case_id OR NEW.attempt IS NOT OLD.attempt OR NEW.household_id IS NOT OLD.household_id OR NEW.campaign_id IS NOT OLD.campaign_id OR NEW.department_id IS NOT OLD.department_id OR NEW.department_kind IS NOT OLD.department_kind OR NEW.agency_id IS NOT OLD.agency_id OR NEW.agency_kind IS NOT OLD.agency_kind OR NEW.programme IS NOT OLD.programme OR NEW.purpose IS NOT OLD.purpose OR NEW.basis IS NOT OLD.basis OR NEW.commissioned_on IS NOT OLD.commissioned_on OR NEW.prepared_by IS NOT OLD.prepared_by OR NEW.signatory_id IS NOT OLD.signatory_id OR NEW.letter_id IS NOT OLD.letter_id OR NEW.issued_at IS NOT OLD.issued_at) BEGIN SELECT RAISE(ABORT, 'BX-12: an issued commission letter does not change'); END
-- next
DROP TRIGGER IF EXISTS guard_commission_delete_kept
-- next
CREATE TRIGGER guard_commission_delete_kept BEFORE DELETE ON commission FOR EACH ROW WHEN OLD.state <> 'DRAFT' BEGIN SELECT RAISE(ABORT, 'BX-17: every attempt of a commission is kept'); END
-- next
DROP TRIGGER IF EXISTS guard_commission_subject_insert_frozen
-- next
CREATE TRIGGER guard_commission_subject_insert_frozen BEFORE INSERT ON commission_subject FOR EACH ROW WHEN (SELECT c.state FROM commission c WHERE c.id = NEW.commission_id) <> 'DRAFT' BEGIN SELECT RAISE(ABORT, 'LF-16: the persons of a commission are frozen at issue'); END
-- next
DROP TRIGGER IF EXISTS guard_commission_subject_update_frozen
-- next
CREATE TRIGGER guard_commission_subject_update_frozen BEFORE UPDATE ON commission_subject FOR EACH ROW WHEN (SELECT c.state FROM commission c WHERE c.id = OLD.commission_id) <> 'DRAFT' OR (SELECT c.state FROM commission c WHERE c.id = NEW.commission_id) <> 'DRAFT' BEGIN SELECT RAISE(ABORT, 'LF-16: the persons of a commission are frozen at issue'); END
-- next
DROP TRIGGER IF EXISTS guard_commission_subject_delete_frozen
-- next
CREATE TRIGGER guard_commission_subject_delete_frozen BEFORE DELETE ON commission_subject FOR EACH ROW WHEN (SELECT c.state FROM commission c WHERE c.id = OLD.commission_id) <> 'DRAFT' BEGIN SELECT RAISE(ABORT, 'LF-16: the persons of a commission are frozen at issue'); END
-- next
DROP TRIGGER IF EXISTS guard_commission_subject_insert_household
-- next
CREATE TRIGGER guard_commission_subject_insert_household BEFORE INSERT ON commission_subject FOR EACH ROW WHEN EXISTS (SELECT 1 FROM commission c JOIN person p ON p.id = NEW.person_id WHERE c.id = NEW.commission_id AND c.household_id <> p.household_id) BEGIN SELECT RAISE(ABORT, 'LF-16: this person belongs to another household than the commission'); END
-- next
DROP TRIGGER IF EXISTS guard_commission_category_insert_frozen
-- next
CREATE TRIGGER guard_commission_category_insert_frozen BEFORE INSERT ON commission_category FOR EACH ROW WHEN (SELECT c.state FROM commission c WHERE c.id = NEW.commission_id) <> 'DRAFT' BEGIN SELECT RAISE(ABORT, 'LF-16: the categories of a commission are frozen at issue'); END
-- next
DROP TRIGGER IF EXISTS guard_commission_category_update_frozen
-- next
CREATE TRIGGER guard_commission_category_update_frozen BEFORE UPDATE ON commission_category FOR EACH ROW WHEN (SELECT c.state FROM commission c WHERE c.id = OLD.commission_id) <> 'DRAFT' OR (SELECT c.state FROM commission c WHERE c.id = NEW.commission_id) <> 'DRAFT' BEGIN SELECT RAISE(ABORT, 'LF-16: the categories of a commission are frozen at issue'); END
-- next
DROP TRIGGER IF EXISTS guard_commission_category_delete_frozen
-- next
CREATE TRIGGER guard_commission_category_delete_frozen BEFORE DELETE ON commission_category FOR EACH ROW WHEN (SELECT c.state FROM commission c WHERE c.id = OLD.commission_id) <> 'DRAFT' BEGIN SELECT RAISE(ABORT, 'LF-16: the categories of a commission are frozen at issue'); END
-- next
DROP TRIGGER IF EXISTS guard_acceptance_insert_issued
-- next
CREATE TRIGGER guard_acceptance_insert_issued BEFORE INSERT ON acceptance FOR EACH ROW WHEN (SELECT c.state FROM commission c WHERE c.id = NEW.commission_id) <> 'ISSUED' BEGIN SELECT RAISE(ABORT, 'LF-19: only an issued commission is checked, and once'); END
-- next
DROP TRIGGER IF EXISTS guard_acceptance_insert_eyes
-- next
CREATE TRIGGER guard_acceptance_insert_eyes BEFORE INSERT ON acceptance FOR EACH ROW WHEN EXISTS (SELECT 1 FROM commission c WHERE c.id = NEW.commission_id AND NEW.checker_id IN (c.prepared_by, c.signatory_id)) BEGIN SELECT RAISE(ABORT, 'LF-19: who prepared or signed a commission does not check it'); END
-- next
DROP TRIGGER IF EXISTS guard_acceptance_update_never
-- next
CREATE TRIGGER guard_acceptance_update_never BEFORE UPDATE ON acceptance FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'LF-19: a recorded check does not change'); END
-- next
DROP TRIGGER IF EXISTS guard_acceptance_delete_never
-- next
CREATE TRIGGER guard_acceptance_delete_never BEFORE DELETE ON acceptance FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'LF-19: a recorded check does not change'); END
-- next
DROP TRIGGER IF EXISTS guard_query_insert_accepted
-- next
CREATE TRIGGER guard_query_insert_accepted BEFORE INSERT ON query FOR EACH ROW WHEN (SELECT c.state FROM commission c WHERE c.id = NEW.commission_id) <> 'ACCEPTED' BEGIN SELECT RAISE(ABORT, 'LF-16: no query before the commission is accepted'); END
-- next
DROP TRIGGER IF EXISTS guard_query_insert_case
-- next
CREATE TRIGGER guard_query_insert_case BEFORE INSERT ON query FOR EACH ROW WHEN NOT EXISTS (SELECT 1 FROM commission c JOIN cases k ON k.id = NEW.case_id WHERE c.id = NEW.commission_id AND (c.case_id = k.id OR c.campaign_id = k.campaign_id)) BEGIN SELECT RAISE(ABORT, 'LF-16: the commission is of another case'); END
-- next
DROP TRIGGER IF EXISTS guard_query_update_frozen
-- next
CREATE TRIGGER guard_query_update_frozen BEFORE UPDATE ON query FOR EACH ROW WHEN (NEW.case_id IS NOT OLD.case_id OR NEW.commission_id IS NOT OLD.commission_id OR NEW.category IS NOT OLD.category OR NEW.resource_id IS NOT OLD.resource_id OR NEW.round IS NOT OLD.round) BEGIN SELECT RAISE(ABORT, 'LF-16: a query keeps its case, commission, category and source'); END
-- next
DROP TRIGGER IF EXISTS guard_result_row_update_never
-- next
CREATE TRIGGER guard_result_row_update_never BEFORE UPDATE ON result_row FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'LF-08: a result row does not change'); END
-- next
DROP TRIGGER IF EXISTS guard_result_row_delete_never
-- next
CREATE TRIGGER guard_result_row_delete_never BEFORE DELETE ON result_row FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'LF-08: a result row does not change'); END
-- next
DROP TRIGGER IF EXISTS guard_report_update_signed
-- next
CREATE TRIGGER guard_report_update_signed BEFORE UPDATE ON report FOR EACH ROW WHEN (OLD.state IN ('SIGNED','DELIVERED') OR OLD.digest IS NOT NULL) AND (NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.case_id IS NOT OLD.case_id OR NEW.commission_id IS NOT OLD.commission_id OR NEW.version IS NOT OLD.version OR NEW.kind IS NOT OLD.kind OR NEW.number IS NOT OLD.number OR NEW.agency_id IS NOT OLD.agency_id OR NEW.agency_kind IS NOT OLD.agency_kind OR NEW.remarks IS NOT OLD.remarks OR NEW.canonical IS NOT OLD.canonical OR NEW.digest IS NOT OLD.digest OR NEW.handler_id IS NOT OLD.handler_id OR NEW.reviewer_id IS NOT OLD.reviewer_id OR NEW.drafted_at IS NOT OLD.drafted_at OR NEW.signed_at IS NOT OLD.signed_at OR NEW.signed_on IS NOT OLD.signed_on) BEGIN SELECT RAISE(ABORT, 'LF-17: a signed report does not change'); END
-- next
DROP TRIGGER IF EXISTS guard_report_update_moves
-- next
CREATE TRIGGER guard_report_update_moves BEFORE UPDATE ON report FOR EACH ROW WHEN (OLD.state = 'SIGNED' AND NEW.state NOT IN ('SIGNED','DELIVERED')) OR (OLD.state = 'DELIVERED' AND NEW.state <> 'DELIVERED') BEGIN SELECT RAISE(ABORT, 'LF-17: a signed report is only delivered, never taken back'); END
-- next
DROP TRIGGER IF EXISTS guard_report_update_once
-- next
CREATE TRIGGER guard_report_update_once BEFORE UPDATE ON report FOR EACH ROW WHEN (OLD.pdf_id IS NOT NULL AND NEW.pdf_id IS NOT OLD.pdf_id) OR (OLD.pdf_digest IS NOT NULL AND NEW.pdf_digest IS NOT OLD.pdf_digest) OR (OLD.delivered_at IS NOT NULL AND NEW.delivered_at IS NOT OLD.delivered_at) OR (OLD.received_by IS NOT NULL AND NEW.received_by IS NOT OLD.received_by) BEGIN SELECT RAISE(ABORT, 'LF-17: a report''s document and delivery are recorded once'); END
-- next
DROP TRIGGER IF EXISTS guard_report_delete_signed
-- next
CREATE TRIGGER guard_report_delete_signed BEFORE DELETE ON report FOR EACH ROW WHEN (OLD.state IN ('SIGNED','DELIVERED') OR OLD.digest IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'LF-17: a signed report is kept'); END
-- next
DROP TRIGGER IF EXISTS guard_survey_update_never
-- next
CREATE TRIGGER guard_survey_update_never BEFORE UPDATE ON survey FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'LF-08: a record of an investigation does not change'); END
-- next
DROP TRIGGER IF EXISTS guard_survey_delete_never
-- next
CREATE TRIGGER guard_survey_delete_never BEFORE DELETE ON survey FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'LF-08: a record of an investigation does not change'); END
-- next
DROP TRIGGER IF EXISTS guard_determination_update_never
-- next
CREATE TRIGGER guard_determination_update_never BEFORE UPDATE ON determination FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'CK-13: a recorded decision does not change'); END
-- next
DROP TRIGGER IF EXISTS guard_determination_delete_never
-- next
CREATE TRIGGER guard_determination_delete_never BEFORE DELETE ON determination FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'CK-13: a recorded decision does not change'); END
-- next
DROP TRIGGER IF EXISTS guard_non_cooperation_update_never
-- next
CREATE TRIGGER guard_non_cooperation_update_never BEFORE UPDATE ON non_cooperation FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'BX-14: a recorded decision does not change'); END
-- next
DROP TRIGGER IF EXISTS guard_non_cooperation_delete_never
-- next
CREATE TRIGGER guard_non_cooperation_delete_never BEFORE DELETE ON non_cooperation FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'BX-14: a recorded decision does not change'); END
-- next
DROP TRIGGER IF EXISTS guard_authorisation_update_signed
-- next
CREATE TRIGGER guard_authorisation_update_signed BEFORE UPDATE ON authorisation FOR EACH ROW WHEN (NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.number IS NOT OLD.number OR NEW.person_id IS NOT OLD.person_id OR NEW.case_id IS NOT OLD.case_id OR NEW.signed_on IS NOT OLD.signed_on OR NEW.signer IS NOT OLD.signer OR NEW.guardian_id IS NOT OLD.guardian_id OR NEW.scope IS NOT OLD.scope OR NEW.until_rule IS NOT OLD.until_rule OR NEW.valid_until IS NOT OLD.valid_until OR NEW.scan_id IS NOT OLD.scan_id OR NEW.collected_at IS NOT OLD.collected_at OR NEW.collected_by IS NOT OLD.collected_by) BEGIN SELECT RAISE(ABORT, 'BX-11: a signed authorisation does not change'); END
-- next
DROP TRIGGER IF EXISTS guard_authorisation_update_once
-- next
CREATE TRIGGER guard_authorisation_update_once BEFORE UPDATE ON authorisation FOR EACH ROW WHEN (OLD.withdrawn_on IS NOT NULL AND NEW.withdrawn_on IS NOT OLD.withdrawn_on) OR (OLD.withdrawal_reason IS NOT NULL AND NEW.withdrawal_reason IS NOT OLD.withdrawal_reason) BEGIN SELECT RAISE(ABORT, 'BX-11: an authorisation is withdrawn once'); END
-- next
DROP TRIGGER IF EXISTS guard_authorisation_delete_kept
-- next
CREATE TRIGGER guard_authorisation_delete_kept BEFORE DELETE ON authorisation FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'BX-11: an authorisation is kept'); END
-- next
DROP TRIGGER IF EXISTS guard_archive_file_update_complete
-- next
CREATE TRIGGER guard_archive_file_update_complete BEFORE UPDATE ON archive_file FOR EACH ROW WHEN OLD.completed_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'BX-27: a complete file does not change'); END
-- next
DROP TRIGGER IF EXISTS guard_archive_file_delete_complete
-- next
CREATE TRIGGER guard_archive_file_delete_complete BEFORE DELETE ON archive_file FOR EACH ROW WHEN OLD.completed_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'BX-27: a complete file is kept'); END
-- next
DROP TRIGGER IF EXISTS guard_archive_item_update_complete
-- next
CREATE TRIGGER guard_archive_item_update_complete BEFORE UPDATE ON archive_item FOR EACH ROW WHEN EXISTS (SELECT 1 FROM archive_file f WHERE f.id = OLD.archive_id AND f.completed_at IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'BX-27: a document of a complete file is kept as it is'); END
-- next
DROP TRIGGER IF EXISTS guard_archive_item_delete_complete
-- next
CREATE TRIGGER guard_archive_item_delete_complete BEFORE DELETE ON archive_item FOR EACH ROW WHEN EXISTS (SELECT 1 FROM archive_file f WHERE f.id = OLD.archive_id AND f.completed_at IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'BX-27: a document of a complete file is kept as it is'); END
-- next
DROP TRIGGER IF EXISTS guard_journal_entry_update_never
-- next
CREATE TRIGGER guard_journal_entry_update_never BEFORE UPDATE ON journal_entry FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'BX-44: the journal is only added to'); END
-- next
DROP TRIGGER IF EXISTS guard_journal_entry_delete_never
-- next
CREATE TRIGGER guard_journal_entry_delete_never BEFORE DELETE ON journal_entry FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'BX-44: the journal is only added to'); END
-- next
DROP TRIGGER IF EXISTS guard_journal_seal_update_never
-- next
CREATE TRIGGER guard_journal_seal_update_never BEFORE UPDATE ON journal_seal FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'BX-44: the journal is only added to'); END
-- next
DROP TRIGGER IF EXISTS guard_journal_seal_delete_never
-- next
CREATE TRIGGER guard_journal_seal_delete_never BEFORE DELETE ON journal_seal FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'BX-44: the journal is only added to'); END
