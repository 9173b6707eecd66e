using System.CommandLine;
using System.CommandLine.Invocation;
using System.Data.Common;
using Hufu.Cli;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

// What a verb asks its services for it asks once or twice, and what it calls through reflection too: to translate the making of each, and the call, as a
// server is right to do, costs a sixth of a short run.
if (args is not ["serve", ..])
{
    AppContext.SetSwitch("Microsoft.Extensions.DependencyInjection.DisableDynamicEngine", true);
    AppContext.SetSwitch("Switch.System.Reflection.ForceInterpretedInvoke", true);
}

Stopping.Listen();
var parsed = HufuCommand.Build(args).Parse(args);
try
{
    var code = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, Stopping.Token);
    return parsed.Action is ParseErrorAction ? Exit.Refused : code;
}
catch (OperationCanceledException)
{
    await Console.Error.WriteLineAsync("Stopped.");
    return Exit.Refused;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or DbException or DbUpdateException)
{
    // A broken world: disk, rights, another process. The words of the system are what helps; where in the program it was does not.
    await Console.Error.WriteLineAsync((e as DbUpdateException)?.InnerException?.Message ?? e.Message);
    if (DiskFull.Is(e)) await Console.Error.WriteLineAsync($"{DiskFull.Error.Message.En} / {DiskFull.Error.Message.Zh}");
    return Exit.Refused;
}
catch (Hufu.SettingException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return Exit.Refused;
}
catch (Exception e)
{
    await Console.Error.WriteLineAsync($"This is a fault of the program; please report it with these lines.\n{e}");
    return Exit.Fault;
}
