using Microsoft.Data.Sqlite;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Silo.Local.Rollups;

/// <summary>How far the file has followed the host: the frame and the turn's instant (Unix ms), and by what the sums were judged.</summary>
public readonly record struct RollupMark(long Sequence, long Now, string JudgedBy);

/// <summary>
/// <c>rollups.db</c>: sums by minute, hour and day (UTC) of every scope. Follows from the journal: it may be deleted at any time. An hour or day
/// stands there only while it is the sum of what lies below it; what changed is taken out and added up again later, so a reader is never told an
/// old one. One connection; safe to call from several threads, calls take turns.
/// </summary>
public sealed partial class RollupFile : IDisposable
{
    public const long Minute = 60_000, Hour = 3_600_000, Day = 86_400_000;

    private const int SqliteCorrupt = 11, SqliteNotADatabase = 26, LayoutVersion = 1;

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, long> _scopes = new(StringComparer.Ordinal);

    private RollupFile(string path)
    {
        _connection = new(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            _connection.Open();
            Run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"); // a power cut may take the last minutes, which the journal has
            CreateLayout();
            using var reader = Command("SELECT id, name FROM scope").ExecuteReader();
            while (reader.Read()) _scopes[reader.GetString(1)] = reader.GetInt64(0);
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    /// <summary>Opens the file in a folder; one that is missing or unreadable begins empty.</summary>
    /// <exception cref="SqliteException">It could not be opened for another reason.</exception>
    public static RollupFile Open(string folder, Action<string> announce)
    {
        var path = PathIn(folder);
        try { return new(path); }
        catch (SqliteException error) when (error.SqliteErrorCode is SqliteCorrupt or SqliteNotADatabase)
        {
            announce($"The rollups are unreadable and will be made again; what had been corrected and shown so far is set aside in rollups.db.damaged: {error.Message}");
            File.Move(path, path + ".damaged", overwrite: true);
            foreach (var suffix in (string[])["-wal", "-shm"]) File.Delete(path + suffix);
            return new(path);
        }
    }

    public static string PathIn(string folder) => Path.Combine(folder, "rollups.db");

    /// <summary>Null for a file that is not whole: new, or a rewriting of it was broken off.</summary>
    public RollupMark? Mark
    {
        get
        {
            lock (_gate)
                return Text("whole") == ShardSnapshot.FoldVersion.ToString(System.Globalization.CultureInfo.InvariantCulture) && Text("judged_by") is { } by
                    ? new(Number("SELECT value FROM meta WHERE name = 'sequence'"), Number("SELECT value FROM meta WHERE name = 'now'"), by) : null;
        }
    }

    public IReadOnlyList<string> Scopes
    {
        get { lock (_gate) return [.. _scopes.Keys.Order(StringComparer.Ordinal)]; }
    }

    /// <summary>Forgets all sums: what follows is a rewriting, and until <see cref="Finish"/> the file is not whole.</summary>
    public void Begin()
    {
        lock (_gate) Run("BEGIN; DELETE FROM meta WHERE name = 'whole'; DELETE FROM bucket; DELETE FROM stale; COMMIT;");
    }

    /// <summary>The sums of these minutes as they are now; empty ones are forgotten. All of it is in the file when this returns, or nothing.</summary>
    public void Put(IReadOnlyList<(string Scope, long Minute, Sums Sums)> minutes, RollupMark mark, bool whole)
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction();
            using var put = Command("INSERT OR REPLACE INTO bucket VALUES ($1, 0, $2, $3)", transaction, 0L, 0L, Array.Empty<byte>());
            using var drop = Command("DELETE FROM bucket WHERE scope = $1 AND level = 0 AND start = $2", transaction, 0L, 0L);
            using var stale = Command("DELETE FROM bucket WHERE scope = $1 AND ((level = 1 AND start = $2) OR (level = 2 AND start = $3))", transaction, 0L, 0L, 0L);
            using var again = Command("INSERT OR IGNORE INTO stale VALUES ($1, $2, $3)", transaction, 0L, 0L, 0L);
            var last = (Scope: "", Hour: long.MinValue);
            foreach (var (scope, minute, sums) in minutes)
            {
                var id = IdOf(scope, transaction);
                if (sums.Points.Count + sums.Samples.Count > 0) Execute(put, id, minute, SumBytes.Write(sums));
                else Execute(drop, id, minute);
                var hour = Floor(minute, Hour);
                if (last == (scope, hour)) continue;
                last = (scope, hour);
                Execute(stale, id, hour, Floor(minute, Day));
                Execute(again, id, 1L, hour);
                Execute(again, id, 2L, Floor(minute, Day));
            }
            Set("sequence", mark.Sequence, transaction);
            Set("now", mark.Now, transaction);
            Set("judged_by", mark.JudgedBy, transaction);
            if (whole) Set("whole", ShardSnapshot.FoldVersion.ToString(System.Globalization.CultureInfo.InvariantCulture), transaction);
            transaction.Commit();
        }
    }

    /// <summary>Adds up some hours and days that have ended before an instant and do not stand there.</summary>
    /// <returns>whether there may be more</returns>
    public bool AddUp(long before, int limit)
    {
        foreach (var (unit, level) in ((long, int)[])[(Hour, 1), (Day, 2)]) // a day is of hours, so these come first
        {
            List<(long Scope, long Start)> missing = [];
            lock (_gate)
            {
                using var find = Command($"SELECT scope, start FROM stale WHERE level = {level} AND start < $1 LIMIT {limit}", null, Floor(before, unit));
                using var reader = find.ExecuteReader();
                while (reader.Read()) missing.Add((reader.GetInt64(0), reader.GetInt64(1)));
            }
            foreach (var (scope, start) in missing)
                lock (_gate)
                {
                    var sums = Added(scope, level - 1, start, start + unit);
                    using var transaction = _connection.BeginTransaction();
                    using var put = Command("INSERT OR REPLACE INTO bucket VALUES ($1, $2, $3, $4)", transaction, scope, (long)level, start, SumBytes.Write(sums));
                    put.ExecuteNonQuery();
                    using var done = Command("DELETE FROM stale WHERE scope = $1 AND level = $2 AND start = $3", transaction, scope, (long)level, start);
                    done.ExecuteNonQuery();
                    transaction.Commit();
                }
            if (missing.Count == limit) return true;
        }
        return false;
    }

    /// <summary>A scope's sums as they stand in the file; empty ones for a scope that nothing ever concerned.</summary>
    public ISumSource Of(string scope) => new Source(this, scope);

    public void Dispose()
    {
        lock (_gate) _connection.Dispose();
    }

    private sealed class Source(RollupFile file, string scope) : ISumSource
    {
        public Sums Over(Window window) => file.Over(scope, Floor(window.From, Minute), Floor(window.To, Minute));

        public Sums Level(long to)
        {
            var (all, level) = (file.Over(scope, long.MinValue, Floor(to, Minute)), new Sums([], []));
            Levels.Add(level, all);
            return level;
        }

        public long? FirstMinute => file.First(scope);
    }

    private Sums Over(string scope, long from, long to)
    {
        lock (_gate)
        {
            var sums = new Sums([], []);
            if (!_scopes.TryGetValue(scope, out var id) || FirstOf(id) is not { } first) return sums;
            (from, to) = (Math.Max(from, first), Math.Min(to, Last(id) + Minute));
            Walk(sums, id, from, to, [(Day, 2), (Hour, 1), (Minute, 0)]);
            foreach (var values in sums.Samples.Values) values.Sort();
            return sums;
        }
    }

    // Whole units that stand there; what lies between them by the next smaller unit.
    private void Walk(Sums sums, long scope, long from, long to, ReadOnlySpan<(long Unit, int Level)> levels)
    {
        if (from >= to) return;
        var (unit, level) = levels[0];
        var (first, last) = (Floor(from + unit - 1, unit), Floor(to, unit));
        if (level == 0 || first >= last)
        {
            if (level == 0) Add(sums, scope, 0, from, to, static _ => { });
            else Walk(sums, scope, from, to, levels[1..]);
            return;
        }
        List<long> found = [];
        Add(sums, scope, level, first, last, found.Add);
        var at = from;
        foreach (var start in found)
        {
            Walk(sums, scope, at, start, levels[1..]);
            at = start + unit;
        }
        Walk(sums, scope, at, to, levels[1..]);
    }

    private Sums Added(long scope, int level, long from, long to)
    {
        var sums = new Sums([], []);
        Add(sums, scope, level, from, to, static _ => { });
        foreach (var values in sums.Samples.Values) values.Sort();
        foreach (var key in sums.Points.Where(p => p.Value == 0).Select(p => p.Key).ToList()) sums.Points.Remove(key);
        return sums;
    }

    private void Add(Sums sums, long scope, int level, long from, long to, Action<long> found)
    {
        using var command = Command("SELECT start, sums FROM bucket WHERE scope = $1 AND level = $2 AND start >= $3 AND start < $4 ORDER BY start", null, scope, (long)level, from, to);
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            found(reader.GetInt64(0));
            SumBytes.AddTo(sums, reader.GetFieldValue<byte[]>(1));
        }
    }

    private long? First(string scope)
    {
        lock (_gate) return _scopes.TryGetValue(scope, out var id) ? FirstOf(id) : null;
    }

    private long? FirstOf(long scope)
    {
        using var command = Command("SELECT min(start) FROM bucket WHERE scope = $1 AND level = 0", null, scope);
        return command.ExecuteScalar() as long?;
    }

    private long Last(long scope)
    {
        using var command = Command("SELECT max(start) FROM bucket WHERE scope = $1 AND level = 0", null, scope);
        return command.ExecuteScalar() as long? ?? 0;
    }

    private long IdOf(string scope, SqliteTransaction transaction)
    {
        if (_scopes.TryGetValue(scope, out var id)) return id;
        using var insert = Command("INSERT INTO scope (name) VALUES ($1) RETURNING id", transaction, scope);
        return _scopes[scope] = (long)insert.ExecuteScalar()!;
    }

    private static long Floor(long at, long unit) => at is long.MinValue or long.MaxValue ? at : at - (((at % unit) + unit) % unit);
}
