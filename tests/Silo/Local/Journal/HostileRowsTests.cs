using System.Globalization;
using Microsoft.Data.Sqlite;
using NodaTime;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Silo.Local.Journal;
using OpsMonitor.Web.Demo;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local.Journal;

/// <summary>
/// A data folder in which somebody or something has changed rows and bytes: the host says so, or it is exactly what it was at some commit. Never
/// another state in silence. <c>OPSMONITOR_ROW_DAMAGES</c> asks for more of them.
/// </summary>
public sealed class HostileRowsTests(ITestOutputHelper output)
{
    private const int Few = 60, Turns = 30;

    private static readonly Instant Start = Instant.FromUtc(2026, 3, 2, 0, 0);

    [Fact(Timeout = 600_000)]
    public async Task Damaged_rows_and_files_are_told_of_or_change_nothing()
    {
        var damages = int.TryParse(Environment.GetEnvironmentVariable("OPSMONITOR_ROW_DAMAGES"), NumberStyles.None, CultureInfo.InvariantCulture, out var wanted) ? wanted : Few;
        using var folder = new TemporaryFolder();
        var clock = new SetClock();
        clock.Stop((Start + Duration.FromHours(3)).ToDateTimeOffset()); // a promise that falls due between two starts is a state of its own, and no damage
        var prefixes = await Fill(folder.Path, clock);
        var random = new Random(11);
        var outcomes = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < damages; i++)
        {
            using var copy = new TemporaryFolder();
            foreach (var file in Directory.GetFiles(folder.Path)) File.Copy(file, copy.File(Path.GetFileName(file)));
            var how = Harm(random, copy.Path);
            var outcome = await Judge(copy.Path, clock, prefixes, how);
            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
        }
        output.WriteLine($"{damages} damages: {string.Join(", ", outcomes.Select(o => $"{o.Value} {o.Key}"))}");
        Assert.True(outcomes.GetValueOrDefault("stopped the start, in words") > damages / 20);
    }

    /// <summary>What the state was after each commit.</summary>
    private static async Task<List<string>> Fill(string folder, SetClock clock)
    {
        var prefixes = new List<string>();
        var events = new CallCentre(5, Start).Until(Start + Duration.FromHours(3)).Select(e => EventReader.Read(e.Raw).Event!).ToList();
        var (first, rest) = (events.Take(events.Count / 2).ToList(), events.Skip(events.Count / 2).ToList());
        foreach (var half in new[] { first, rest }) // a clean stop between them leaves a snapshot that frames follow
        {
            await using var host = Open(folder, clock, []);
            prefixes.Add(host.Read(Picture));
            foreach (var batch in half.Chunk((half.Count / Turns) + 1))
            {
                await host.OfferAsync(batch, CancellationToken.None);
                prefixes.Add(host.Read(Picture));
            }
        }
        var snapshots = Directory.GetFiles(folder, "*.snapshot").Order(StringComparer.Ordinal).ToList();
        Assert.True(snapshots.Count >= 1);
        if (snapshots.Count > 1) File.Delete(snapshots[^1]); // frames after the newest, so that both are read
        return prefixes;
    }

    private static async Task<string> Judge(string folder, SetClock clock, List<string> prefixes, string how)
    {
        var said = new List<string>();
        try
        {
            await using var host = Open(folder, clock, said);
            var at = prefixes.LastIndexOf(host.Read(Picture));
            Assert.True(at >= 0, $"a state that never was, after: {how}; said: {string.Join("; ", said)}");
            Assert.True(at == prefixes.Count - 1 || said.Exists(s => s.Contains("lost frames", StringComparison.Ordinal) || s.Contains("high-water mark", StringComparison.Ordinal)), $"a shorter past in silence, after: {how}; said: {string.Join("; ", said)}");
            Assert.True(host.Read(Recount.Equals), how);
            return said.Exists(s => !s.StartsWith("recovered", StringComparison.Ordinal)) ? "worked around, and said so" : "changed nothing";
        }
        catch (Exception e) when (e is JournalFailedException or JournalDamagedException or InvalidDataException)
        {
            return "stopped the start, in words";
        }
    }

    private static string Harm(Random random, string folder)
    {
        string Pick(params string[] of) => of[random.Next(of.Length)];
        if (random.Next(2) == 0)
        {
            var sql = Pick(
                "UPDATE frame SET payload = CAST(substr(payload, 1, @n) || x'7E' || substr(payload, @n + 2) AS BLOB) WHERE sequence = @s",
                "UPDATE frame SET hash = randomblob(32) WHERE sequence = @s",
                "UPDATE frame SET payload = zeroblob(length(payload)) WHERE sequence = @s",
                "UPDATE frame SET payload = x'' WHERE sequence = @s",
                "UPDATE frame SET payload = (SELECT payload FROM frame WHERE sequence = @s - 1) WHERE sequence = @s",
                "DELETE FROM frame WHERE sequence = @s", "DELETE FROM frame WHERE sequence > @s", "DELETE FROM frame",
                "UPDATE frame SET sequence = sequence + 1000 WHERE sequence = @s",
                "INSERT OR IGNORE INTO frame (sequence, hash, payload) VALUES ((SELECT max(sequence) + 1 FROM frame), randomblob(32), randomblob(90))",
                "UPDATE outbox SET payload = x'00', state = 'x', alert = char(0)", "UPDATE outbox SET frame = 999999, at = -1, attempts = -5, next_attempt = 9223372036854775807", "DELETE FROM outbox", "UPDATE outbox SET sent_at = NULL");
            using var db = new SqliteConnection($"Data Source={Path.Combine(folder, "journal.db")};Pooling=False");
            db.Open();
            using var count = db.CreateCommand();
            count.CommandText = "SELECT max(sequence) FROM frame";
            using var command = db.CreateCommand();
            command.CommandText = sql.Replace("@s", $"{random.Next(1, (int)(long)count.ExecuteScalar()! + 1)}", StringComparison.Ordinal).Replace("@n", $"{random.Next(1, 300)}", StringComparison.Ordinal);
            command.ExecuteNonQuery();
            return command.CommandText;
        }
        var files = Directory.GetFiles(folder).Where(f => !f.EndsWith("lock", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToArray();
        var file = Pick(files);
        var bytes = File.ReadAllBytes(file);
        if (bytes.Length == 0) return $"nothing in {file}";
        var at = random.Next(bytes.Length);
        switch (random.Next(4))
        {
            case 0: bytes = bytes[..at]; break;
            case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 2: Array.Clear(bytes, at / 4096 * 4096, Math.Min(4096, bytes.Length - (at / 4096 * 4096))); break;
            default: random.NextBytes(bytes.AsSpan(at, Math.Min(64, bytes.Length - at))); break;
        }
        File.WriteAllBytes(file, bytes);
        return $"{Path.GetFileName(file)} at {at} of {bytes.Length}";
    }

    private static LocalHost Open(string folder, TimeProvider clock, List<string> said) => LocalHost.Open(new(folder, PolicySet.Default), clock, s => { lock (said) said.Add(s); });

    private static string Picture(Shard shard) => string.Join('\n',
        shard.Rows().Select(r => $"{r.Subject} {r.State} {r.DepartmentId} {string.Join(',', r.Clocks)}")
            .Concat(shard.Alerts.All.Select(a => $"{a.Key} {a.State}"))
            .Concat(shard.Contributions().Concat(shard.RestingContributions()).Select(c => $"{c.Who} {c.What}").Order(StringComparer.Ordinal))
            .Append($"{shard.EventCount}"));
}
