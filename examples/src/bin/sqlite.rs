//! SQLite through sqlx: many tasks move money between accounts, and none is lost.
//!
//! `cargo run -p examples --bin sqlite -- bank.db 8 100`: a file, how many tasks, transfers for each.
//! sqlx needs Tokio for its pool; it runs unchanged in cortado's tasks, in a Tokio context, which is
//! a second reactor on a thread of its own. (SQLite itself works on threads of sqlx.)

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use cortado::tokio_context::{BuilderExt, TokioContext};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions};

const ACCOUNTS: i64 = 10;
const START_MONEY: i64 = 1_000;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().context("give the database's file")?;
    let tasks: i64 = arguments.next().map_or(Ok(8), |text| text.parse())?;
    let transfers: i64 = arguments.next().map_or(Ok(100), |text| text.parse())?;
    let runtime = cortado::Builder::new().tokio_context(TokioContext::new()?).build()?;
    runtime.block_on(async {
        let pool = open(&path).await?;
        let start = Instant::now();
        let movers: Vec<_> = (0..tasks)
            .map(|task| {
                let pool = pool.clone();
                cortado::spawn(async move {
                    for number in 0..transfers {
                        let from = (task + number) % ACCOUNTS;
                        transfer(&pool, from, (from + 1 + number % 3) % ACCOUNTS, 1).await?;
                    }
                    Ok::<_, sqlx::Error>(())
                })
            })
            .collect();
        for mover in movers {
            mover.await.context("a task panicked")??;
        }
        report(&pool, tasks * transfers, start.elapsed()).await?;
        pool.close().await;
        Ok(())
    })
}

async fn open(path: &str) -> Result<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(Duration::from_secs(30));
    let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await?;
    sqlx::raw_sql(
        "DROP TABLE IF EXISTS account;
         DROP TABLE IF EXISTS transfer;
         CREATE TABLE account (id INTEGER PRIMARY KEY, money INTEGER NOT NULL CHECK (money >= 0));
         CREATE TABLE transfer (source INTEGER, target INTEGER, money INTEGER);",
    )
    .execute(&pool)
    .await?;
    for account in 0..ACCOUNTS {
        let insert = sqlx::query("INSERT INTO account VALUES (?, ?)").bind(account);
        insert.bind(START_MONEY).execute(&pool).await?;
    }
    Ok(pool)
}

/// All of it, or nothing: a transaction that is dropped half-way is rolled back.
async fn transfer(pool: &SqlitePool, from: i64, to: i64, money: i64) -> sqlx::Result<()> {
    // Writing from the start, since two readers that both want to write would wait for each other.
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    for (account, change) in [(from, -money), (to, money)] {
        let update = sqlx::query("UPDATE account SET money = money + ? WHERE id = ?").bind(change);
        update.bind(account).execute(&mut *transaction).await?;
    }
    let insert = sqlx::query("INSERT INTO transfer VALUES (?, ?, ?)").bind(from).bind(to);
    insert.bind(money).execute(&mut *transaction).await?;
    transaction.commit().await
}

async fn report(pool: &SqlitePool, expected: i64, took: Duration) -> Result<()> {
    let (made,): (i64,) = sqlx::query_as("SELECT count(*) FROM transfer").fetch_one(pool).await?;
    let (total,): (i64,) = sqlx::query_as("SELECT sum(money) FROM account").fetch_one(pool).await?;
    ensure!(made == expected, "{made} transfers are written, but {expected} were made");
    ensure!(total == ACCOUNTS * START_MONEY, "there are {total} in the accounts: money was lost");
    println!("{made} transfers in {} ms; the accounts still hold {total}", took.as_millis());
    Ok(())
}
