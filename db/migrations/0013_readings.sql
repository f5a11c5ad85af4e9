CREATE TABLE "people_import_lines" (
	"import_id" text NOT NULL,
	"line" integer NOT NULL,
	"outcome" text NOT NULL,
	"reason" text,
	"username" text NOT NULL,
	"wanted" jsonb NOT NULL,
	"changes" jsonb NOT NULL,
	"person_id" text,
	"person_version" integer,
	"state" text NOT NULL,
	CONSTRAINT "people_import_lines_import_id_line_pk" PRIMARY KEY("import_id","line")
);
--> statement-breakpoint
CREATE TABLE "people_imports" (
	"id" text PRIMARY KEY NOT NULL,
	"state" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"file_name" text NOT NULL,
	"encoding" text NOT NULL,
	"delimiter" text NOT NULL,
	"lines" integer NOT NULL,
	"ignored_columns" jsonb NOT NULL,
	"new_groups" jsonb NOT NULL,
	"may_write_roles" boolean NOT NULL,
	"applied_by" text,
	"applied_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "people_import_lines" ADD CONSTRAINT "people_import_lines_import_id_people_imports_id_fk" FOREIGN KEY ("import_id") REFERENCES "public"."people_imports"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "people_import_lines_pending" ON "people_import_lines" USING btree ("import_id","line") WHERE "people_import_lines"."state" = 'pending';