using OpsMonitor.Grains.Agents;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Turns;

/// <summary>How agents' pasts follow from the turns.</summary>
public sealed partial class Shard
{
    private void Remember(Subject subject, Evaluation old, Evaluation next)
    {
        NoteLateFiles(subject, old, next);
        if (old.Fact != next.Fact) Remember(old.Fact, next.Fact, Now);
        Remember(subject, old.Work, next.Work);
    }

    private void TouchFile(Subject file)
    {
        if (AgentHour.TryRead(file, out var agent, out var hour)) Dirty(agent).Wake(hour);
        else TouchPart(file);
    }

    private void ExchangeHour(Subject agent, Subject file, Evaluation next)
    {
        if (_late.Contains(agent)) _late.Add(file);
        ExchangeNoted(file, next);
    }
}
