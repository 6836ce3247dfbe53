--@ revision 0009
--@ revises 0008
--@ rollout retire-plan-recommendations / contract
--@ owner frontend
--@ requires unused table public.plan_recommendations for 7 days
--@ irreversible "plan_recommendations is gone; its links are in recommendation.plan_id"
--@ allow drop-table "its links are in the column, compared before the readers moved"
--@ allow drop-foreign-key "its table goes"
--@ allow drop-locks-referenced-table "each in a transaction of its own, for a moment, under the lock timeout"
--@ allow drop-trigger "there is nothing left to keep equal"
--@ allow drop-function "its triggers go"
--@ allow strong-locks-in-one-transaction "there must be no moment at which only one direction is kept; changes of the catalog only, under the lock timeout"

-- Drop plan_recommendations
--
-- Why: everything reads and writes recommendation.plan_id, and plan_recommendations is in nobody's way any
-- longer: no delete goes through it.
--
-- Safe: the gate shows that nothing uses it. A foreign key goes before its table, in a transaction of its own:
-- it locks the table that it refers to as well, for a moment.

--@ upgrade
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

--@ sql
ALTER TABLE public.plan_recommendations DROP CONSTRAINT plan_recommendations_plan_id_fkey;

--@ sql
ALTER TABLE public.plan_recommendations DROP CONSTRAINT plan_recommendations_recommendation_id_fkey;

--@ sql
DROP TABLE public.plan_recommendations;

--@ downgrade
