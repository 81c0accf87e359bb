DROP TRIGGER IF EXISTS tally_human_task_insert ON human_task
-- next
DROP TRIGGER IF EXISTS tally_human_task_update ON human_task
-- next
DROP TRIGGER IF EXISTS tally_human_task_delete ON human_task
-- next
CREATE OR REPLACE FUNCTION tally_human_task_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO task_count_delta (org_id, role, kind, due_at, n) SELECT org_id, role, CASE WHEN state = 'READY' THEN 'FREE' WHEN state IN ('RESERVED', 'IN_PROGRESS') THEN 'TAKEN' ELSE 'ASIDE' END, coalesce(due_at, '9999-12-31T00:00:00+00:00'::timestamptz), count(*) FROM made WHERE state IN ('CREATED', 'READY', 'RESERVED', 'IN_PROGRESS', 'SUSPENDED', 'ERROR') GROUP BY 1, 2, 3, 4; RETURN NULL; END $$
-- next
CREATE TRIGGER tally_human_task_insert AFTER INSERT ON human_task REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION tally_human_task_insert()
-- next
CREATE OR REPLACE FUNCTION tally_human_task_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO task_count_delta (org_id, role, kind, due_at, n) SELECT OLD.org_id, OLD.role, CASE WHEN OLD.state = 'READY' THEN 'FREE' WHEN OLD.state IN ('RESERVED', 'IN_PROGRESS') THEN 'TAKEN' ELSE 'ASIDE' END, coalesce(OLD.due_at, '9999-12-31T00:00:00+00:00'::timestamptz), -1 WHERE OLD.state IN ('CREATED', 'READY', 'RESERVED', 'IN_PROGRESS', 'SUSPENDED', 'ERROR') UNION ALL SELECT NEW.org_id, NEW.role, CASE WHEN NEW.state = 'READY' THEN 'FREE' WHEN NEW.state IN ('RESERVED', 'IN_PROGRESS') THEN 'TAKEN' ELSE 'ASIDE' END, coalesce(NEW.due_at, '9999-12-31T00:00:00+00:00'::timestamptz), 1 WHERE NEW.state IN ('CREATED', 'READY', 'RESERVED', 'IN_PROGRESS', 'SUSPENDED', 'ERROR'); RETURN NULL; END $$
-- next
CREATE TRIGGER tally_human_task_update AFTER UPDATE ON human_task FOR EACH ROW WHEN (NEW.org_id IS DISTINCT FROM OLD.org_id OR NEW.role IS DISTINCT FROM OLD.role OR NEW.due_at IS DISTINCT FROM OLD.due_at OR CASE WHEN NEW.state IN ('CREATED', 'READY', 'RESERVED', 'IN_PROGRESS', 'SUSPENDED', 'ERROR') THEN CASE WHEN NEW.state = 'READY' THEN 'FREE' WHEN NEW.state IN ('RESERVED', 'IN_PROGRESS') THEN 'TAKEN' ELSE 'ASIDE' END ELSE '' END <> CASE WHEN OLD.state IN ('CREATED', 'READY', 'RESERVED', 'IN_PROGRESS', 'SUSPENDED', 'ERROR') THEN CASE WHEN OLD.state = 'READY' THEN 'FREE' WHEN OLD.state IN ('RESERVED', 'IN_PROGRESS') THEN 'TAKEN' ELSE 'ASIDE' END ELSE '' END) EXECUTE FUNCTION tally_human_task_update()
-- next
CREATE OR REPLACE FUNCTION tally_human_task_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO task_count_delta (org_id, role, kind, due_at, n) SELECT OLD.org_id, OLD.role, CASE WHEN OLD.state = 'READY' THEN 'FREE' WHEN OLD.state IN ('RESERVED', 'IN_PROGRESS') THEN 'TAKEN' ELSE 'ASIDE' END, coalesce(OLD.due_at, '9999-12-31T00:00:00+00:00'::timestamptz), -1 WHERE OLD.state IN ('CREATED', 'READY', 'RESERVED', 'IN_PROGRESS', 'SUSPENDED', 'ERROR'); RETURN NULL; END $$
-- next
CREATE TRIGGER tally_human_task_delete AFTER DELETE ON human_task FOR EACH ROW WHEN (OLD.state IN ('CREATED', 'READY', 'RESERVED', 'IN_PROGRESS', 'SUSPENDED', 'ERROR')) EXECUTE FUNCTION tally_human_task_delete()
