-- A store that the program wrote before its files were moved into rooms, as sqlite3's iterdump gives it.
PRAGMA application_id = 1383427699;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE epochs (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    epoch INTEGER NOT NULL,
    loss REAL NOT NULL,
    exact_match REAL NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (run, epoch)
) WITHOUT ROWID;
INSERT INTO "epochs" VALUES(1,1,1.5,0.25,1.5);
INSERT INTO "epochs" VALUES(1,2,1.0,0.5,1.25);
INSERT INTO "epochs" VALUES(1,3,0.5,0.75,1.0);
CREATE TABLE intervals (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    iteration INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    loss REAL NOT NULL,
    gradient_norm REAL,
    learning_rate REAL NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (run, iteration)
) WITHOUT ROWID;
INSERT INTO "intervals" VALUES(1,1,1,2.4,0.5,0.01,0.25);
INSERT INTO "intervals" VALUES(1,2,1,2.3,0.5,0.01,0.5);
INSERT INTO "intervals" VALUES(1,6,1,1.9,0.5,0.01,1.5);
INSERT INTO "intervals" VALUES(1,8,2,1.7,0.5,0.01,2.0);
INSERT INTO "intervals" VALUES(2,1,1,2.4,0.5,0.01,0.25);
INSERT INTO "intervals" VALUES(2,2,1,2.3,0.5,0.01,0.5);
CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    options TEXT NOT NULL,
    folder TEXT NOT NULL,
    created REAL NOT NULL,
    status TEXT NOT NULL,
    place INTEGER NOT NULL,
    request TEXT NOT NULL DEFAULT '',
    watched TEXT NOT NULL DEFAULT '',
    epoch INTEGER NOT NULL DEFAULT 0,
    iteration INTEGER NOT NULL DEFAULT 0,
    iterations INTEGER NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0,
    seconds_left REAL,
    exact_match REAL,
    problem TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT '',
    snapshot TEXT NOT NULL DEFAULT ''
);
INSERT INTO "runs" VALUES(1,'key-1','was done','{"model": "attention", "recipe": {"wordvec_size": 4, "hidden_size": 8, "reversed_input": true, "initialiser": {"embedding": 0.3, "forget_bias": 1.0, "orthogonal": true, "scaled_affine": true}, "learning_rate": 0.01, "warmup": 5, "hold": 0.5, "final": 0.02, "batch_size": 32, "max_grad": 5.0, "epochs": 3, "optimizer": "adam", "score": "dot", "bidirectional": false}, "seed": 0, "data": {"n": 240, "seed": 3, "families": ["month", "numeric", "month-lower", "weekday", "month-upper", "weekday-lower", "weekday-upper"], "kind": "generated"}, "device": "cpu", "dtype": "float32", "mistake": ""}','',1790000000.5,'finished',1,'','',3,6,6,4.5,0.0,0.75,'','','{"iteration": 8, "samples": [["2/10/93", "1993-02-10", "1993-02-10"]], "text": "2/10/93", "source": "2/10/93                      ", "output": "1993-02-10", "weights": [[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]}');
INSERT INTO "runs" VALUES(2,'key-2','','{"model": "attention", "recipe": {"wordvec_size": 4, "hidden_size": 8, "reversed_input": true, "initialiser": {"embedding": 0.3, "forget_bias": 1.0, "orthogonal": true, "scaled_affine": true}, "learning_rate": 0.01, "warmup": 5, "hold": 0.5, "final": 0.02, "batch_size": 32, "max_grad": 5.0, "epochs": 3, "optimizer": "adam", "score": "dot", "bidirectional": false}, "seed": 7, "data": {"n": 240, "seed": 3, "families": ["month", "numeric", "month-lower", "weekday", "month-upper", "weekday-lower", "weekday-upper"], "kind": "generated"}, "device": "cpu", "dtype": "float32", "mistake": ""}','/models/my-run',1790000000.5,'running',2,'','',1,3,6,1.0,9.0,NULL,'','','');
INSERT INTO "runs" VALUES(3,'key-3','paused','{"model": "peeky", "recipe": {"wordvec_size": 16, "hidden_size": 256, "reversed_input": true, "initialiser": {"embedding": 0.01, "forget_bias": 0.0, "orthogonal": false, "scaled_affine": true}, "learning_rate": 0.002, "warmup": 200, "hold": 0.5, "final": 0.02, "batch_size": 128, "max_grad": null, "epochs": 3, "optimizer": "sgd", "score": "dot", "bidirectional": false}, "seed": 0, "data": {"n": 2000, "seed": 5, "families": ["month", "numeric"], "kind": "generated"}, "device": "auto", "dtype": "float16", "mistake": ""}','',1790000000.5,'paused',3,'','',0,0,0,0.0,NULL,NULL,'','','');
INSERT INTO "runs" VALUES(4,'key-4','waits','{"model": "attention", "recipe": {"wordvec_size": 4, "hidden_size": 8, "reversed_input": true, "initialiser": {"embedding": 0.3, "forget_bias": 1.0, "orthogonal": true, "scaled_affine": true}, "learning_rate": 0.01, "warmup": 5, "hold": 0.5, "final": 0.02, "batch_size": 32, "max_grad": 5.0, "epochs": 3, "optimizer": "adam", "score": "dot", "bidirectional": false}, "seed": 0, "data": {"n": 240, "seed": 3, "families": ["month", "numeric", "month-lower", "weekday", "month-upper", "weekday-lower", "weekday-upper"], "kind": "generated"}, "device": "cpu", "dtype": "float32", "mistake": "context-not-fed"}','',1790000000.5,'queued',4,'','',0,0,0,0.0,NULL,NULL,'','','');
INSERT INTO "runs" VALUES(5,'key-5','diverged','{"model": "attention", "recipe": {"wordvec_size": 4, "hidden_size": 8, "reversed_input": true, "initialiser": {"embedding": 0.3, "forget_bias": 1.0, "orthogonal": true, "scaled_affine": true}, "learning_rate": 0.01, "warmup": 5, "hold": 0.5, "final": 0.02, "batch_size": 32, "max_grad": 5.0, "epochs": 3, "optimizer": "adam", "score": "additive", "bidirectional": true}, "seed": 0, "data": {"n": 240, "seed": 3, "families": ["month", "numeric", "month-lower", "weekday", "month-upper", "weekday-lower", "weekday-upper"], "kind": "generated"}, "device": "cpu", "dtype": "float32", "mistake": ""}','',1790000000.5,'failed',5,'','',0,0,0,0.0,NULL,NULL,'diverged','the loss is nan at iteration 20 of epoch 1','');
INSERT INTO "runs" VALUES(6,'key-6','from a file','{"model": "attention", "recipe": {"wordvec_size": 4, "hidden_size": 8, "reversed_input": true, "initialiser": {"embedding": 0.3, "forget_bias": 1.0, "orthogonal": true, "scaled_affine": true}, "learning_rate": 0.01, "warmup": 5, "hold": 0.5, "final": 0.02, "batch_size": 32, "max_grad": 5.0, "epochs": 3, "optimizer": "adam", "score": "dot", "bidirectional": false}, "seed": 0, "data": {"file": "/models/dates.txt", "name": "my dates.txt", "seed": 9, "kind": "file"}, "device": "cpu", "dtype": "float32", "mistake": ""}','',1790000000.5,'queued',6,'','',0,0,0,0.0,NULL,NULL,'','','');
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('runs',6);
COMMIT;
