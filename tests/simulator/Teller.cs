using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Simulator;

/// <summary>
/// The channel: takes rows of the outbox, publishes a picture, hands each row to a receiver outside and only then reports it. A receiver knows a
/// row that it has heard before by alert, state and instant.
/// </summary>
public sealed class Teller(World world, Faults faults, Server server, Planted planted)
{
    private const long QuietMs = 250, BeatMs = 1_000;

    private readonly HashSet<long> _toldInThisLife = [];
    private long _toldAt = long.MinValue / 2;
    private bool _asked, _delivering;
    private int _life;

    /// <summary>What the receiver has heard, each once. Survives everything.</summary>
    public HashSet<(string Alert, AlertState State, long At)> Heard { get; } = [];

    public void ServerStarted()
    {
        _life = server.Epoch;
        _toldInThisLife.Clear();
        _toldAt = long.MinValue / 2;
        (_asked, _delivering) = (false, false);
        if (planted != Planted.NoDisplayAtStart) { Ask(); Beat(_life); }
    }

    /// <summary>Something changed: at once after quiet, else when the quarter of a second is over.</summary>
    public void Ask()
    {
        if (_asked) return;
        _asked = true;
        var life = _life;
        world.At(Math.Max(world.Now, _toldAt + QuietMs), () => { if (life == server.Epoch && server.Up) Tell(); });
    }

    private void Beat(int life)
    {
        if (life != server.Epoch) return;
        if (server.Up && !_asked) Ask();
        world.After(BeatMs, () => Beat(life));
    }

    private void Tell()
    {
        if (server.Committing && planted != Planted.DisplayBeforeCommit) { world.After(1, () => { if (_life == server.Epoch && server.Up) Tell(); }); return; } // nobody reads while a commit runs
        (_asked, _toldAt) = (false, world.Now);
        var wanted = server.Writer.Outbox.Wanted(server.Clock, out _);
        var rows = _delivering ? [] : server.Rows().Where(r => wanted(r)).ToList();
        server.Publish();
        if (rows.Count == 0) return;
        _delivering = true;
        if (planted == Planted.MarkedBeforeSending) Report(new WriterInput.SendOk([.. rows.Select(r => r.Id)], server.Clock));
        var life = _life;
        var took = world.Calm ? world.Dice.Between(0, 5) : world.Dice.Between(0, 300);
        world.After(took, () => { if (life == server.Epoch && server.Up) Deliver(rows); });
    }

    private void Deliver(List<OutboxEntry> rows)
    {
        _delivering = false;
        var sent = new List<long>();
        var held = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            if (server.CrashesNow()) return;
            if (held.Contains(row.Row.Alert)) continue; // the one before it could not be sent
            if (!world.Calm && world.Dice.Chance(faults.SendError))
            {
                world.Coverage.Add("send failed");
                held.Add(row.Row.Alert);
                if (planted == Planted.FailedSendForgotten) sent.Add(row.Id);
                else Report(new WriterInput.SendFailed(row.Id, server.Clock + world.Dice.Between(500, 8_000)));
                continue;
            }
            server.Checks.Told(row);
            world.Check(_toldInThisLife.Add(row.Id) || planted is Planted.MarkedBeforeSending, "nothing is told twice without a crash", () => $"row {row.Id} of {row.Row.Alert}");
            if (!Heard.Add((row.Row.Alert, row.Row.State, row.Row.At))) world.Coverage.Add("told again after a crash, shown once");
            world.Note("told", row.Id);
            sent.Add(row.Id);
        }
        if (server.CrashesNow()) return; // sent, and not reported
        if (planted is Planted.MarksNotWritten or Planted.MarkedBeforeSending || sent.Count == 0) return;
        if (planted == Planted.ToldTwice) { world.After(400, Ask); return; }
        Report(new WriterInput.SendOk(sent, server.Clock));
    }

    private void Report(WriterInput input) => server.Hear(input);
}
