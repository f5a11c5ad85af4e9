DROP TABLE "device_meters" CASCADE;--> statement-breakpoint
ALTER TABLE "meters" DROP COLUMN "newest";--> statement-breakpoint
ALTER TABLE "meters" DROP COLUMN "used";