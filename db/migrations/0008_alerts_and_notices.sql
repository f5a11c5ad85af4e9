-- What people and operators are told, in which language and where, and what detection remembers.
CREATE TABLE "alerts" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"action" text NOT NULL,
	"server_name" text NOT NULL,
	"person_id" text,
	"device_id" text,
	"explanation" jsonb NOT NULL,
	"evidence" jsonb NOT NULL,
	"raised_at" timestamp (3) with time zone NOT NULL,
	"state" text DEFAULT 'open' NOT NULL,
	"handled_at" timestamp (3) with time zone,
	"handled_by" text,
	"handled_how" text,
	"note" text,
	"told" jsonb
);
--> statement-breakpoint
CREATE TABLE "early_taps" (
	"device_id" text PRIMARY KEY NOT NULL,
	"since" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "person_habits" (
	"server_name" text NOT NULL,
	"person_id" text NOT NULL,
	"kind" text NOT NULL,
	"value" text NOT NULL,
	"first_at" timestamp (3) with time zone NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL,
	"days" integer NOT NULL,
	"last_day" date NOT NULL,
	CONSTRAINT "person_habits_server_name_person_id_kind_value_pk" PRIMARY KEY("server_name","person_id","kind","value")
);
--> statement-breakpoint
CREATE TABLE "raised_signals" (
	"device_id" text NOT NULL,
	"signal" text NOT NULL,
	"raised_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "raised_signals_device_id_signal_pk" PRIMARY KEY("device_id","signal")
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" text PRIMARY KEY NOT NULL,
	"channel" text NOT NULL,
	"target" text NOT NULL,
	"about" text NOT NULL,
	"payload" text NOT NULL,
	"server_name" text,
	"attempts" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"next_attempt_at" timestamp (3) with time zone,
	"delivered_at" timestamp (3) with time zone,
	"dead_at" timestamp (3) with time zone,
	"last_error" text,
	"sealed_link" text
);
--> statement-breakpoint
CREATE TABLE "alert_addresses" (
	"person_id" text PRIMARY KEY NOT NULL,
	"address" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "person_languages" (
	"person_id" text PRIMARY KEY NOT NULL,
	"locale" text NOT NULL,
	"used_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gateways_heard" (
	"id" text PRIMARY KEY NOT NULL,
	"server_name" text NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"heard_at" timestamp (3) with time zone NOT NULL,
	"held" integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE "alert_addresses" ADD CONSTRAINT "alert_addresses_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "person_languages" ADD CONSTRAINT "person_languages_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "alerts_raised" ON "alerts" USING btree ("raised_at","id");--> statement-breakpoint
CREATE INDEX "alerts_open" ON "alerts" USING btree ("raised_at","id") WHERE state = 'open';--> statement-breakpoint
CREATE INDEX "alerts_person" ON "alerts" USING btree ("person_id","raised_at");--> statement-breakpoint
CREATE INDEX "alerts_device" ON "alerts" USING btree ("device_id");--> statement-breakpoint
CREATE INDEX "person_habits_last" ON "person_habits" USING btree ("last_at");--> statement-breakpoint
CREATE INDEX "raised_signals_at" ON "raised_signals" USING btree ("raised_at");--> statement-breakpoint
CREATE UNIQUE INDEX "outbox_once" ON "outbox" USING btree ("channel","target","about");--> statement-breakpoint
CREATE INDEX "outbox_due" ON "outbox" USING btree ("channel","next_attempt_at") WHERE next_attempt_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "outbox_target" ON "outbox" USING btree ("channel","target","created_at");--> statement-breakpoint
CREATE INDEX "outbox_created" ON "outbox" USING btree ("created_at");
