-- What collapse-join-table writes on PostgreSQL 18: one file for each revision, here one after the other.

--@ revision 0001
--@ revises base
--@ rollout retire-plan-recommendations / expand
--@ allow drop-locks-referenced-table "on the way down only, for a moment, under the lock timeout"

-- Add plan_id to shop.recommendation
--
-- Why: a row of shop.recommendation belongs to one row of shop.plan; shop.plan_recommendations can say more than
-- that, and costs a join and a delete of its own.
--
-- Safe: nothing that runs names the column. It is added without a value, so no row is touched; the index is
-- built beside the writers; the foreign key is checked for new rows first and for the old ones, all of them
-- NULL, in a transaction of its own.
--
-- Mind: from the dual write on, a delete in shop.plan deletes the rows of shop.recommendation that belong to it,
-- whoever deletes. shop.plan_recommendations alone would have left them without a link.

--@ upgrade
ALTER TABLE shop.recommendation ADD COLUMN plan_id bigint;

COMMENT ON COLUMN shop.recommendation.plan_id IS 'It took the place of shop.plan_recommendations.';

--@ sql
CREATE INDEX CONCURRENTLY recommendation_plan_id_idx ON shop.recommendation (plan_id);

--@ sql
ALTER TABLE shop.recommendation ADD CONSTRAINT recommendation_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES shop.plan (id) ON DELETE CASCADE NOT VALID;

--@ sql
ALTER TABLE shop.recommendation VALIDATE CONSTRAINT recommendation_plan_id_fkey;

--@ downgrade
ALTER TABLE shop.recommendation DROP CONSTRAINT IF EXISTS recommendation_plan_id_fkey;

--@ sql
DROP INDEX CONCURRENTLY IF EXISTS shop.recommendation_plan_id_idx;

--@ sql
ALTER TABLE shop.recommendation DROP COLUMN IF EXISTS plan_id;


--@ revision 0002
--@ revises 0001
--@ rollout retire-plan-recommendations / dual write
--@ allow strong-locks-in-one-transaction "there must be no moment at which only one direction is kept; changes of the catalog only, under the lock timeout"

-- Keep shop.plan_recommendations and shop.recommendation.plan_id equal
--
-- Why: from here on a write through shop.plan_recommendations sets shop.recommendation.plan_id, and a write of
-- shop.recommendation.plan_id makes, moves or removes the row of shop.plan_recommendations. Old and new readers
-- and writers run at the same time. It comes before the backfill, or what is written between the two would be
-- lost to new readers.
--
-- Safe: CREATE TRIGGER lets readers go on, and writers wait for this one transaction. The triggers write only
-- what differs, so none of them calls the other for ever.

--@ upgrade
CREATE FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendations_lock() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Locks the row that a link belongs to before the link is made: the order in which new clients lock.
BEGIN
    PERFORM 1 FROM shop.recommendation AS t WHERE t.id = NEW.recommendation_id FOR NO KEY UPDATE;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendations_lock() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendations_lock() IS 'Dual write of the rollout retire-plan-recommendations. Locks the row that a link belongs to before the link is made: the order in which new clients lock.';

CREATE FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendations_links() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Carries a link that was made, changed or deleted to the table that has the column now.
DECLARE
    link_now shop.plan_recommendations%ROWTYPE;
BEGIN
    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND pg_catalog.record_image_ne(ROW(OLD.recommendation_id), ROW(NEW.recommendation_id)) THEN
        -- Locked first, so that the queries after it see what others have committed.
        PERFORM 1 FROM shop.recommendation AS t WHERE t.id = OLD.recommendation_id FOR NO KEY UPDATE;
        SELECT * INTO link_now FROM shop.plan_recommendations AS j WHERE j.recommendation_id = OLD.recommendation_id ORDER BY (j.plan_id = OLD.plan_id) DESC, j.plan_id DESC LIMIT 1;
        IF FOUND THEN
            UPDATE shop.recommendation AS t SET plan_id = link_now.plan_id WHERE t.id = OLD.recommendation_id AND t.plan_id = OLD.plan_id
                AND (t.plan_id) IS DISTINCT FROM (link_now.plan_id);
        ELSIF NOT EXISTS (SELECT 1 FROM shop.plan AS target WHERE target.id = OLD.plan_id) THEN
            -- What it linked to is being deleted: the foreign key of the column decides.
            NULL;
        ELSE
            UPDATE shop.recommendation AS t SET plan_id = NULL WHERE t.id = OLD.recommendation_id AND t.plan_id = OLD.plan_id;
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE shop.recommendation AS t SET plan_id = NEW.plan_id WHERE t.id = NEW.recommendation_id AND (t.plan_id) IS DISTINCT FROM (NEW.plan_id)
            AND EXISTS (SELECT 1 FROM shop.plan_recommendations AS j WHERE j.recommendation_id = NEW.recommendation_id AND j.plan_id = NEW.plan_id);
    END IF;
    RETURN NULL;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendations_links() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendations_links() IS 'Dual write of the rollout retire-plan-recommendations. Carries a link that was made, changed or deleted to the table that has the column now.';

CREATE FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendatio_f31279c5() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- A TRUNCATE of the join table deletes every link.
BEGIN
    UPDATE shop.recommendation AS t SET plan_id = NULL WHERE (t.plan_id) IS NOT NULL;
    RETURN NULL;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendatio_f31279c5() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendatio_f31279c5() IS 'Dual write of the rollout retire-plan-recommendations. A TRUNCATE of the join table deletes every link.';

CREATE TRIGGER zz_cutover_retire_plan_recommendations_plan_rec_3a823270_insert BEFORE INSERT ON shop.plan_recommendations
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendations_lock();

CREATE TRIGGER zz_cutover_retire_plan_recommendations_plan_rec_3a823270_update BEFORE UPDATE ON shop.plan_recommendations
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.recommendation_id, OLD.plan_id), ROW(NEW.recommendation_id, NEW.plan_id)))
EXECUTE FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendations_lock();

CREATE TRIGGER "CUTOVER_retire_plan_recommendations_plan_recommendations_write" AFTER INSERT OR DELETE ON shop.plan_recommendations
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendations_links();

CREATE TRIGGER "CUTOVER_retire_plan_recommendations_plan_recommendations_update" AFTER UPDATE ON shop.plan_recommendations
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.recommendation_id, OLD.plan_id), ROW(NEW.recommendation_id, NEW.plan_id)))
EXECUTE FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendations_links();

CREATE TRIGGER "CUTOVER_retire_plan_recommendations_plan_reco_3a823270_truncate" AFTER TRUNCATE ON shop.plan_recommendations
FOR EACH STATEMENT
EXECUTE FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendatio_f31279c5();

CREATE FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendations_column() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Makes the links of a row what its column says.
DECLARE
    row_now shop.recommendation%ROWTYPE;
    link_now shop.plan_recommendations%ROWTYPE;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        -- A key that changed: the links follow, if no foreign key has seen to it.
        IF pg_catalog.record_image_ne(ROW(OLD.id), ROW(NEW.id)) THEN
            UPDATE shop.plan_recommendations AS j SET recommendation_id = NEW.id WHERE j.recommendation_id = OLD.id
                AND NOT EXISTS (SELECT 1 FROM shop.recommendation AS t WHERE t.id = OLD.id);
            -- A link that moves is a link that is made, and the last one wins: but the column is what was written.
            UPDATE shop.recommendation AS t SET plan_id = NEW.plan_id WHERE t.id = NEW.id AND (t.plan_id) IS DISTINCT FROM (NEW.plan_id);
        END IF;
    END IF;
    -- The row as it is now: another trigger may have written it since.
    SELECT * INTO row_now FROM shop.recommendation AS t WHERE t.id = NEW.id;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF (row_now.plan_id) IS NOT NULL THEN
        IF NOT EXISTS (SELECT 1 FROM shop.plan_recommendations AS j WHERE j.recommendation_id = row_now.id AND j.plan_id = row_now.plan_id) THEN
            -- One link is changed in place, which keeps its other columns.
            IF TG_OP = 'UPDATE' THEN
                DELETE FROM shop.plan_recommendations AS j WHERE j.recommendation_id = row_now.id AND (j.plan_id) IS DISTINCT FROM (OLD.plan_id);
                UPDATE shop.plan_recommendations AS j SET plan_id = row_now.plan_id WHERE j.recommendation_id = row_now.id;
                IF FOUND THEN
                    RETURN NULL;
                END IF;
            END IF;
            INSERT INTO shop.plan_recommendations (recommendation_id, plan_id)
            SELECT row_now.id, row_now.plan_id FROM shop.recommendation AS recommendation WHERE recommendation.id = row_now.id;
        END IF;
    ELSIF TG_OP = 'INSERT' THEN
        -- An old client made the link first, or in the same statement.
        SELECT * INTO link_now FROM shop.plan_recommendations AS j WHERE j.recommendation_id = row_now.id LIMIT 1;
        IF FOUND THEN
            UPDATE shop.recommendation AS t SET plan_id = link_now.plan_id WHERE t.id = NEW.id;
        END IF;
    ELSE
        DELETE FROM shop.plan_recommendations AS j WHERE j.recommendation_id = row_now.id;
    END IF;
    RETURN NULL;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendations_column() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendations_column() IS 'Dual write of the rollout retire-plan-recommendations. Makes the links of a row what its column says.';

CREATE FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendations_gone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Deletes the links of a row that is deleted, before the foreign key of the join table looks.
BEGIN
    DELETE FROM shop.plan_recommendations AS j WHERE j.recommendation_id = OLD.id
        AND NOT EXISTS (SELECT 1 FROM shop.recommendation AS t WHERE t.id = OLD.id);
    RETURN NULL;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendations_gone() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendations_gone() IS 'Dual write of the rollout retire-plan-recommendations. Deletes the links of a row that is deleted, before the foreign key of the join table looks.';

CREATE FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendatio_cf63b2ac() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- A TRUNCATE of the table deletes every link.
BEGIN
    DELETE FROM shop.plan_recommendations;
    RETURN NULL;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendatio_cf63b2ac() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendatio_cf63b2ac() IS 'Dual write of the rollout retire-plan-recommendations. A TRUNCATE of the table deletes every link.';

CREATE TRIGGER "CUTOVER_retire_plan_recommendations_recommendation_insert" AFTER INSERT ON shop.recommendation
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendations_column();

CREATE TRIGGER "CUTOVER_retire_plan_recommendations_recommendation_update" AFTER UPDATE ON shop.recommendation
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.id, OLD.plan_id), ROW(NEW.id, NEW.plan_id)))
EXECUTE FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendations_column();

CREATE TRIGGER "CUTOVER_retire_plan_recommendations_recommendation_delete" AFTER DELETE ON shop.recommendation
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendations_gone();

CREATE TRIGGER "CUTOVER_retire_plan_recommendations_recommendation_truncate" AFTER TRUNCATE ON shop.recommendation
FOR EACH STATEMENT
EXECUTE FUNCTION shop.cutover_retire_plan_recommendations_plan_recommendatio_cf63b2ac();

--@ downgrade
DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_recommendation_truncate" ON shop.recommendation;

DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_recommendation_delete" ON shop.recommendation;

DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_recommendation_update" ON shop.recommendation;

DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_recommendation_insert" ON shop.recommendation;

DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_plan_reco_3a823270_truncate" ON shop.plan_recommendations;

DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_plan_recommendations_update" ON shop.plan_recommendations;

DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_plan_recommendations_write" ON shop.plan_recommendations;

DROP TRIGGER IF EXISTS zz_cutover_retire_plan_recommendations_plan_rec_3a823270_update ON shop.plan_recommendations;

DROP TRIGGER IF EXISTS zz_cutover_retire_plan_recommendations_plan_rec_3a823270_insert ON shop.plan_recommendations;

DROP FUNCTION IF EXISTS shop.cutover_retire_plan_recommendations_plan_recommendations_lock();

DROP FUNCTION IF EXISTS shop.cutover_retire_plan_recommendations_plan_recommendations_links();

DROP FUNCTION IF EXISTS shop.cutover_retire_plan_recommendations_plan_recommendatio_f31279c5();

DROP FUNCTION IF EXISTS shop.cutover_retire_plan_recommendations_plan_recommendations_column();

DROP FUNCTION IF EXISTS shop.cutover_retire_plan_recommendations_plan_recommendations_gone();

DROP FUNCTION IF EXISTS shop.cutover_retire_plan_recommendations_plan_recommendatio_cf63b2ac();


--@ revision 0003
--@ revises 0002
--@ rollout retire-plan-recommendations / backfill
--@ allow empty-downgrade "the column goes with the revision that added it; to empty it here would remove the links through the triggers"

-- Fill shop.recommendation.plan_id from shop.plan_recommendations
--
-- Why: the links that were there before the dual write began.
--
-- Safe: it runs in batches, each a short transaction that locks its own rows first, so that a link that is
-- deleted at this moment does not come back. The guard stops it when a row has more than one link: there is no
-- column for that.

--@ upgrade
--@ guard "a row of shop.recommendation has one link in shop.plan_recommendations" expect no rows
SELECT recommendation_id, count(*)
FROM shop.plan_recommendations
GROUP BY recommendation_id
HAVING count(*) > 1
LIMIT 10;

--@ backfill shop.recommendation by id
UPDATE shop.recommendation AS c
SET plan_id = j.plan_id
FROM shop.plan_recommendations AS j
WHERE j.recommendation_id = c.id AND c.plan_id IS NULL;

--@ downgrade


--@ revision 0004
--@ revises 0003
--@ rollout retire-plan-recommendations / validate

-- Compare shop.recommendation.plan_id with shop.plan_recommendations
--
-- Why: nobody reads shop.recommendation.plan_id before it is known to say what shop.plan_recommendations says,
-- of every row, in one snapshot.
--
-- Safe: it reads, and takes no lock that anybody waits for. What it finds is a bug or a row with two links: mend
-- it, and run again.

--@ upgrade
--@ guard "every link of shop.plan_recommendations is in shop.recommendation.plan_id, and nothing else is" expect no rows
SELECT c.id, j.plan_id, c.plan_id
FROM shop.recommendation AS c FULL JOIN shop.plan_recommendations AS j ON j.recommendation_id = c.id
WHERE j.plan_id IS DISTINCT FROM c.plan_id
LIMIT 10;

--@ downgrade


--@ revision 0005
--@ revises 0004
--@ rollout retire-plan-recommendations / cut over
--@ owner frontend

-- Readers of frontend read shop.recommendation.plan_id and no longer shop.plan_recommendations
--
-- Why: the column is whole and stays so, whoever writes.
--
-- Safe: nothing runs here. Old versions may run beside the new ones for as long as it takes.

--@ upgrade
--@ deploy "readers of frontend read shop.recommendation.plan_id and no longer shop.plan_recommendations"

--@ downgrade
--@ deploy "readers of frontend read shop.plan_recommendations again, which holds all that was written since"


--@ revision 0006
--@ revises 0005
--@ rollout retire-plan-recommendations / cut over
--@ owner backend

-- Writers of backend write shop.recommendation.plan_id and no longer shop.plan_recommendations
--
-- Why: shop.plan_recommendations is to go, and nothing must name it by then.
--
-- Safe: nothing runs here. Old versions may run beside the new ones for as long as it takes: the triggers write
-- shop.plan_recommendations for the new ones.

--@ upgrade
--@ deploy "writers of backend write shop.recommendation.plan_id and no longer shop.plan_recommendations"

--@ downgrade
--@ deploy "writers of backend write shop.plan_recommendations again"


--@ revision 0007
--@ revises 0006
--@ rollout retire-plan-recommendations / contract
--@ requires unused table shop.plan_recommendations for 7 days
--@ irreversible "shop.plan_recommendations is gone; its links are in shop.recommendation.plan_id"
--@ allow drop-table "its links are in the column, compared before the readers moved"
--@ allow drop-foreign-key "its table goes"
--@ allow drop-locks-referenced-table "each in a transaction of its own, for a moment, under the lock timeout"
--@ allow drop-trigger "there is nothing left to keep equal"
--@ allow drop-function "its triggers go"
--@ allow strong-locks-in-one-transaction "there must be no moment at which only one direction is kept; changes of the catalog only, under the lock timeout"

-- Drop shop.plan_recommendations
--
-- Why: everything reads and writes shop.recommendation.plan_id, and shop.plan_recommendations is in nobody's way
-- any longer: no delete goes through it.
--
-- Safe: the gate shows that nothing uses it. A foreign key goes before its table, in a transaction of its own:
-- it locks the table that it refers to as well, for a moment.

--@ upgrade
DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_recommendation_truncate" ON shop.recommendation;

DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_recommendation_delete" ON shop.recommendation;

DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_recommendation_update" ON shop.recommendation;

DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_recommendation_insert" ON shop.recommendation;

DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_plan_reco_3a823270_truncate" ON shop.plan_recommendations;

DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_plan_recommendations_update" ON shop.plan_recommendations;

DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_plan_recommendations_write" ON shop.plan_recommendations;

DROP TRIGGER IF EXISTS zz_cutover_retire_plan_recommendations_plan_rec_3a823270_update ON shop.plan_recommendations;

DROP TRIGGER IF EXISTS zz_cutover_retire_plan_recommendations_plan_rec_3a823270_insert ON shop.plan_recommendations;

DROP FUNCTION IF EXISTS shop.cutover_retire_plan_recommendations_plan_recommendations_lock();

DROP FUNCTION IF EXISTS shop.cutover_retire_plan_recommendations_plan_recommendations_links();

DROP FUNCTION IF EXISTS shop.cutover_retire_plan_recommendations_plan_recommendatio_f31279c5();

DROP FUNCTION IF EXISTS shop.cutover_retire_plan_recommendations_plan_recommendations_column();

DROP FUNCTION IF EXISTS shop.cutover_retire_plan_recommendations_plan_recommendations_gone();

DROP FUNCTION IF EXISTS shop.cutover_retire_plan_recommendations_plan_recommendatio_cf63b2ac();

--@ sql
ALTER TABLE shop.plan_recommendations DROP CONSTRAINT plan_recommendations_plan_id_fkey;

--@ sql
ALTER TABLE shop.plan_recommendations DROP CONSTRAINT plan_recommendations_recommendation_id_fkey;

--@ sql
DROP TABLE shop.plan_recommendations;

--@ downgrade
