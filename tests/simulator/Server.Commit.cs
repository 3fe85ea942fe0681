using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Simulator;

// What becomes durable, when, and what the process is told of it.
public sealed partial class Server
{
    private enum Fate { Durable, Lost, DurableAndAnError }

    private void Begin(WriterEffect.Commit commit)
    {
        if (_planted == Planted.TickNotJournalled && commit.Events.Count == 0) { Feed(new WriterInput.CommitOk()); return; }
        var (events, rows, clock) = (Events(commit), RowsOf(commit), _turnClock);
        var edit = _planted == Planted.EditNotJournalled ? null : commit.Edit;
        _editing = commit.Edit is not null;
        string? Append()
        {
            if (_planted != Planted.RowsNotInTheSameCommit) return Journal.Append(commit.Now, clock, events, edit, rows, commit.Reports);
            var wrong = Journal.Append(commit.Now, clock, events, edit, [], commit.Reports);
            var frame = Journal.Frames.Count;
            InThisLife(20, () => Journal.AddRows(frame, rows));
            return wrong;
        }
        if (_planted == Planted.SnapshotOfUncommittedState) Journal.Keep(_frames.Count, Writer.Shard.Image(), torn: false);
        if (_planted == Planted.AckBeforeCommit) foreach (var offer in _turn) Answer(offer, new Verdict[offer.Events.Count]);
        Begin(Append, () => _frames.Add(Journal.Frames[^1]));
        if (_planted == Planted.DisplayBeforeCommit) Publish();
    }

    /// <param name="append">makes it durable; returns what is wrong</param>
    /// <param name="known">the process knows that it is</param>
    private void Begin(Func<string?> append, Action? known)
    {
        Committing = true;
        var stall = !_world.Calm && _world.Dice.Chance(_faults.Stall);
        if (stall) _world.Coverage.Add("commit stalled");
        var fate = _world.Calm || !_world.Dice.Chance(_faults.CommitError) ? Fate.Durable : _world.Dice.Chance(500) ? Fate.Lost : Fate.DurableAndAnError;
        void Durably() { if (append() is { } wrong) _world.Check(false, "each event is in the journal once", () => wrong); }
        _ifDurable = Durably;
        var takes = stall ? _world.Dice.Between(200, 1_000) : _world.Dice.Between(1, 8);
        if (!_world.Calm && _world.Dice.Chance(_faults.Crash * 2)) InThisLife(_world.Dice.Between(0, takes - 1), () => { if (Committing) Crash(); });
        InThisLife(takes, () => End(fate, Durably, known));
    }

    private void End(Fate fate, Action append, Action? known)
    {
        (Committing, _editing) = (false, false);
        _world.Note("commit", (int)fate, Journal.Frames.Count);
        if (fate != Fate.Lost) append();
        if (fate == Fate.Durable)
        {
            known?.Invoke();
            Feed(new WriterInput.CommitOk());
        }
        else
        {
            _world.Coverage.Add(fate == Fate.Lost ? "commit failed" : "commit failed after it was durable");
            Failed(append, known);
        }
        if (Up && !Committing) Sleep(_wakeAt); // a timer that went off during the commit found nobody
        Poll();
    }

    private void Failed(Action append, Action? known)
    {
        switch (_planted)
        {
            case Planted.CommitErrorIgnored:
                Feed(new WriterInput.CommitOk());
                break;
            case Planted.FailedCommitTriedAgain:
                append();
                known?.Invoke();
                Feed(new WriterInput.CommitOk());
                break;
            case Planted.GoesOnAfterUnknownCommit:
                foreach (var offer in _turn) Answer(offer, null);
                Writer = new(_policies([]), _options);
                Recover();
                Feed(new WriterInput.Recovered(Clock));
                break;
            default:
                Feed(new WriterInput.CommitFailed("simulated"));
                break;
        }
    }

    private void FailStop()
    {
        _world.Note("fail-stop");
        Recover();
        _wakeAt = long.MinValue;
        var life = Epoch;
        // Somebody reads the message and starts it again.
        _world.After(_world.Dice.Between(500, _world.Calm ? 501 : _faults.DownMs), () => { if (Up && life == Epoch) Crash(); });
    }

    private void Keep(ShardImage image)
    {
        var (sequence, torn) = (_frames.Count, !_world.Calm && _world.Dice.Chance(_faults.TornSnapshot));
        InThisLife(_world.Dice.Between(5, 2_000), () =>
        {
            Journal.Keep(sequence, image, torn);
            _world.Note("snapshot", sequence, torn ? 1 : 0);
            _snapshotDone = true;
        });
    }

    private IReadOnlyList<Event> Events(WriterEffect.Commit commit) => _planted switch
    {
        Planted.OneEventPerSubjectAndBatch => [.. commit.Events.DistinctBy(e => e.Subject)],
        Planted.OpenMustComeFirst => [.. commit.Events.Where(e => e.Subject.Kind != SubjectKind.Ticket || Opened(e.Subject, commit.Events))],
        _ => commit.Events,
    };

    private bool Opened(Subject who, IReadOnlyList<Event> batch) => batch.Concat(Known).Any(e => e.Subject == who && e.Type == "ticket.created");

    private IReadOnlyList<OutboxRow> RowsOf(WriterEffect.Commit commit) => _planted switch
    {
        Planted.NoRetraction => [.. commit.Rows.Where(r => r.State != AlertState.Retracted)],
        Planted.UnstableAlertKey => [.. commit.Rows.Select(r => r with { Alert = $"{r.Alert}-{commit.Now}" })],
        _ => commit.Rows,
    };
}
