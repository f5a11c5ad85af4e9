ALTER TABLE "id_sessions" ADD COLUMN "ends_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "sids" ADD COLUMN "ends_at" timestamp (3) with time zone;