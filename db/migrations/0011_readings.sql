-- What is kept of reading beside the lines themselves: totals without a name, rooms behind pseudonyms, who had them revealed.
CREATE TABLE "reading_reveals" (
	"id" text PRIMARY KEY NOT NULL,
	"pseudonym" text NOT NULL,
	"first_id" text NOT NULL,
	"second_id" text NOT NULL,
	"reason" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "reading_rooms" (
	"pseudonym" text PRIMARY KEY NOT NULL,
	"room" text NOT NULL,
	"last_on" date NOT NULL
);
--> statement-breakpoint
CREATE TABLE "reading_totals" (
	"width" integer NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"meter" text NOT NULL,
	"decision" text NOT NULL,
	"answers" bigint NOT NULL,
	"units" bigint NOT NULL,
	"withheld" bigint NOT NULL,
	CONSTRAINT "reading_totals_width_at_meter_decision_pk" PRIMARY KEY("width","at","meter","decision")
);
--> statement-breakpoint
CREATE TABLE "reading_writers" (
	"id" text PRIMARY KEY NOT NULL,
	"batch" bigint NOT NULL,
	"written_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "reading_reveals_at" ON "reading_reveals" USING btree ("at");
