using Hufu.Cli;

return await HufuCommand.Build().Parse(args).InvokeAsync();
