--@ revision 0003
--@ revises 0002
--@ rollout retire-plan-recommendations / dual write
--@ owner frontend
--@ allow strong-locks-in-one-transaction "there must be no moment at which only one direction is kept; changes of the catalog only, under the lock timeout"

-- Keep plan_recommendations and recommendation.plan_id equal
--
-- Why: from here on a write through plan_recommendations sets recommendation.plan_id, and a write of
-- recommendation.plan_id makes, moves or removes the row of plan_recommendations. Old and new readers and
-- writers run at the same time. It comes before the backfill, or what is written between the two would be lost
-- to new readers.
--
-- Safe: CREATE TRIGGER lets readers go on, and writers wait for this one transaction. The triggers write only
-- what differs, so none of them calls the other for ever.

--@ upgrade
CREATE FUNCTION public.cutover_retire_plan_recommendations_plan_recommendations_lock() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Locks the row that a link belongs to before the link is made: the order in which new clients lock.
BEGIN
    PERFORM 1 FROM public.recommendation AS t WHERE t.id = NEW.recommendation_id FOR NO KEY UPDATE;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION public.cutover_retire_plan_recommendations_plan_recommendations_lock() FROM PUBLIC;

COMMENT ON FUNCTION public.cutover_retire_plan_recommendations_plan_recommendations_lock() IS 'Dual write of the rollout retire-plan-recommendations. Locks the row that a link belongs to before the link is made: the order in which new clients lock.';

CREATE FUNCTION public.cutover_retire_plan_recommendations_plan_recommendations_links() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Carries a link that was made, changed or deleted to the table that has the column now.
DECLARE
    other public.plan_recommendations%ROWTYPE;
BEGIN
    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND pg_catalog.record_image_ne(ROW(OLD.recommendation_id), ROW(NEW.recommendation_id)) THEN
        -- Locked first, so that the queries after it see what others have committed.
        PERFORM 1 FROM public.recommendation AS t WHERE t.id = OLD.recommendation_id FOR NO KEY UPDATE;
        SELECT * INTO other FROM public.plan_recommendations AS j WHERE j.recommendation_id = OLD.recommendation_id ORDER BY (j.plan_id = OLD.plan_id) DESC LIMIT 1;
        IF FOUND THEN
            UPDATE public.recommendation AS t SET plan_id = other.plan_id WHERE t.id = OLD.recommendation_id AND t.plan_id = OLD.plan_id
                AND (t.plan_id) IS DISTINCT FROM (other.plan_id);
        ELSIF NOT EXISTS (SELECT 1 FROM public.plan AS target WHERE target.id = OLD.plan_id) THEN
            -- What it linked to is being deleted: the foreign key of the column decides.
            NULL;
        ELSE
            UPDATE public.recommendation AS t SET plan_id = NULL WHERE t.id = OLD.recommendation_id AND t.plan_id = OLD.plan_id;
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE public.recommendation AS t SET plan_id = NEW.plan_id WHERE t.id = NEW.recommendation_id AND (t.plan_id) IS DISTINCT FROM (NEW.plan_id)
            AND EXISTS (SELECT 1 FROM public.plan_recommendations AS j WHERE j.recommendation_id = NEW.recommendation_id AND j.plan_id = NEW.plan_id);
    END IF;
    RETURN NULL;
END
$dual$;

REVOKE ALL ON FUNCTION public.cutover_retire_plan_recommendations_plan_recommendations_links() FROM PUBLIC;

COMMENT ON FUNCTION public.cutover_retire_plan_recommendations_plan_recommendations_links() IS 'Dual write of the rollout retire-plan-recommendations. Carries a link that was made, changed or deleted to the table that has the column now.';

CREATE FUNCTION public.cutover_retire_plan_recommendations_plan_recommendatio_f31279c5() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- A TRUNCATE of the join table deletes every link.
BEGIN
    UPDATE public.recommendation AS t SET plan_id = NULL WHERE (t.plan_id) IS NOT NULL;
    RETURN NULL;
END
$dual$;

REVOKE ALL ON FUNCTION public.cutover_retire_plan_recommendations_plan_recommendatio_f31279c5() FROM PUBLIC;

COMMENT ON FUNCTION public.cutover_retire_plan_recommendations_plan_recommendatio_f31279c5() IS 'Dual write of the rollout retire-plan-recommendations. A TRUNCATE of the join table deletes every link.';

CREATE TRIGGER zz_cutover_retire_plan_recommendations_plan_rec_3a823270_insert BEFORE INSERT ON public.plan_recommendations
FOR EACH ROW
EXECUTE FUNCTION public.cutover_retire_plan_recommendations_plan_recommendations_lock();

CREATE TRIGGER zz_cutover_retire_plan_recommendations_plan_rec_3a823270_update BEFORE UPDATE ON public.plan_recommendations
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.recommendation_id, OLD.plan_id), ROW(NEW.recommendation_id, NEW.plan_id)))
EXECUTE FUNCTION public.cutover_retire_plan_recommendations_plan_recommendations_lock();

CREATE TRIGGER "CUTOVER_retire_plan_recommendations_plan_recommendations_write" AFTER INSERT OR DELETE ON public.plan_recommendations
FOR EACH ROW
EXECUTE FUNCTION public.cutover_retire_plan_recommendations_plan_recommendations_links();

CREATE TRIGGER "CUTOVER_retire_plan_recommendations_plan_recommendations_update" AFTER UPDATE ON public.plan_recommendations
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.recommendation_id, OLD.plan_id), ROW(NEW.recommendation_id, NEW.plan_id)))
EXECUTE FUNCTION public.cutover_retire_plan_recommendations_plan_recommendations_links();

CREATE TRIGGER "CUTOVER_retire_plan_recommendations_plan_reco_3a823270_truncate" AFTER TRUNCATE ON public.plan_recommendations
FOR EACH STATEMENT
EXECUTE FUNCTION public.cutover_retire_plan_recommendations_plan_recommendatio_f31279c5();

CREATE FUNCTION public.cutover_retire_plan_recommendations_plan_recommendations_column() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Makes the links of a row what its column says.
DECLARE
    present public.recommendation%ROWTYPE;
    link public.plan_recommendations%ROWTYPE;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        -- A key that changed: the links follow, if no foreign key has seen to it.
        IF pg_catalog.record_image_ne(ROW(OLD.id), ROW(NEW.id)) THEN
            UPDATE public.plan_recommendations AS j SET recommendation_id = NEW.id WHERE j.recommendation_id = OLD.id
                AND NOT EXISTS (SELECT 1 FROM public.recommendation AS t WHERE t.id = OLD.id);
        END IF;
    END IF;
    -- The row as it is now: another trigger may have written it since.
    SELECT * INTO present FROM public.recommendation AS t WHERE t.id = NEW.id;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF (present.plan_id) IS NOT NULL THEN
        IF NOT EXISTS (SELECT 1 FROM public.plan_recommendations AS j WHERE j.recommendation_id = present.id AND j.plan_id = present.plan_id) THEN
            -- One link is changed in place, which keeps its other columns.
            IF TG_OP = 'UPDATE' THEN
                DELETE FROM public.plan_recommendations AS j WHERE j.recommendation_id = present.id AND (j.plan_id) IS DISTINCT FROM (OLD.plan_id);
                UPDATE public.plan_recommendations AS j SET plan_id = present.plan_id WHERE j.recommendation_id = present.id;
                IF FOUND THEN
                    RETURN NULL;
                END IF;
            END IF;
            INSERT INTO public.plan_recommendations (recommendation_id, plan_id)
            SELECT present.id, present.plan_id FROM public.recommendation AS recommendation WHERE recommendation.id = present.id;
        END IF;
    ELSIF TG_OP = 'INSERT' THEN
        -- An old client made the link first, or in the same statement.
        SELECT * INTO link FROM public.plan_recommendations AS j WHERE j.recommendation_id = present.id LIMIT 1;
        IF FOUND THEN
            UPDATE public.recommendation AS t SET plan_id = link.plan_id WHERE t.id = NEW.id;
        END IF;
    ELSE
        DELETE FROM public.plan_recommendations AS j WHERE j.recommendation_id = present.id;
    END IF;
    RETURN NULL;
END
$dual$;

REVOKE ALL ON FUNCTION public.cutover_retire_plan_recommendations_plan_recommendations_column() FROM PUBLIC;

COMMENT ON FUNCTION public.cutover_retire_plan_recommendations_plan_recommendations_column() IS 'Dual write of the rollout retire-plan-recommendations. Makes the links of a row what its column says.';

CREATE FUNCTION public.cutover_retire_plan_recommendations_plan_recommendations_gone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Deletes the links of a row that is deleted, before the foreign key of the join table looks.
BEGIN
    DELETE FROM public.plan_recommendations AS j WHERE j.recommendation_id = OLD.id
        AND NOT EXISTS (SELECT 1 FROM public.recommendation AS t WHERE t.id = OLD.id);
    RETURN NULL;
END
$dual$;

REVOKE ALL ON FUNCTION public.cutover_retire_plan_recommendations_plan_recommendations_gone() FROM PUBLIC;

COMMENT ON FUNCTION public.cutover_retire_plan_recommendations_plan_recommendations_gone() IS 'Dual write of the rollout retire-plan-recommendations. Deletes the links of a row that is deleted, before the foreign key of the join table looks.';

CREATE FUNCTION public.cutover_retire_plan_recommendations_plan_recommendatio_cf63b2ac() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- A TRUNCATE of the table deletes every link.
BEGIN
    DELETE FROM public.plan_recommendations;
    RETURN NULL;
END
$dual$;

REVOKE ALL ON FUNCTION public.cutover_retire_plan_recommendations_plan_recommendatio_cf63b2ac() FROM PUBLIC;

COMMENT ON FUNCTION public.cutover_retire_plan_recommendations_plan_recommendatio_cf63b2ac() IS 'Dual write of the rollout retire-plan-recommendations. A TRUNCATE of the table deletes every link.';

CREATE TRIGGER "CUTOVER_retire_plan_recommendations_recommendation_insert" AFTER INSERT ON public.recommendation
FOR EACH ROW
EXECUTE FUNCTION public.cutover_retire_plan_recommendations_plan_recommendations_column();

CREATE TRIGGER "CUTOVER_retire_plan_recommendations_recommendation_update" AFTER UPDATE ON public.recommendation
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.id, OLD.plan_id), ROW(NEW.id, NEW.plan_id)))
EXECUTE FUNCTION public.cutover_retire_plan_recommendations_plan_recommendations_column();

CREATE TRIGGER "CUTOVER_retire_plan_recommendations_recommendation_delete" AFTER DELETE ON public.recommendation
FOR EACH ROW
EXECUTE FUNCTION public.cutover_retire_plan_recommendations_plan_recommendations_gone();

CREATE TRIGGER "CUTOVER_retire_plan_recommendations_recommendation_truncate" AFTER TRUNCATE ON public.recommendation
FOR EACH STATEMENT
EXECUTE FUNCTION public.cutover_retire_plan_recommendations_plan_recommendatio_cf63b2ac();

--@ downgrade
DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_recommendation_truncate" ON public.recommendation;

DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_recommendation_delete" ON public.recommendation;

DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_recommendation_update" ON public.recommendation;

DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_recommendation_insert" ON public.recommendation;

DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_plan_reco_3a823270_truncate" ON public.plan_recommendations;

DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_plan_recommendations_update" ON public.plan_recommendations;

DROP TRIGGER IF EXISTS "CUTOVER_retire_plan_recommendations_plan_recommendations_write" ON public.plan_recommendations;

DROP TRIGGER IF EXISTS zz_cutover_retire_plan_recommendations_plan_rec_3a823270_update ON public.plan_recommendations;

DROP TRIGGER IF EXISTS zz_cutover_retire_plan_recommendations_plan_rec_3a823270_insert ON public.plan_recommendations;

DROP FUNCTION IF EXISTS public.cutover_retire_plan_recommendations_plan_recommendations_lock();

DROP FUNCTION IF EXISTS public.cutover_retire_plan_recommendations_plan_recommendations_links();

DROP FUNCTION IF EXISTS public.cutover_retire_plan_recommendations_plan_recommendatio_f31279c5();

DROP FUNCTION IF EXISTS public.cutover_retire_plan_recommendations_plan_recommendations_column();

DROP FUNCTION IF EXISTS public.cutover_retire_plan_recommendations_plan_recommendations_gone();

DROP FUNCTION IF EXISTS public.cutover_retire_plan_recommendations_plan_recommendatio_cf63b2ac();
